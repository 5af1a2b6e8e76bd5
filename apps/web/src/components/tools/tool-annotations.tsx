import type { ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { Eye, Repeat, TriangleAlert } from "lucide-react";

/** What the server claims about a tool. False hints, and hints that mean nothing here, are left out. */
export function ToolAnnotations({ annotations }: Pick<ToolInfo, "annotations">) {
  const { readOnlyHint = false, destructiveHint = false, idempotentHint = false } = annotations ?? {};
  const badges = [
    readOnlyHint && { label: "Read-only", Icon: Eye, look: "bg-neutral-soft text-neutral" },
    // These two hints only mean something for a tool that is not read-only (MCP, ToolAnnotations).
    !readOnlyHint &&
      destructiveHint && { label: "Destructive", Icon: TriangleAlert, look: "bg-danger-soft text-danger" },
    !readOnlyHint && idempotentHint && { label: "Idempotent", Icon: Repeat, look: "bg-neutral-soft text-neutral" },
  ].filter((badge) => badge !== false);
  if (badges.length === 0) return null;
  return (
    <span className="flex flex-wrap gap-1.5">
      {badges.map(({ label, Icon, look }) => (
        <span
          key={label}
          className={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-medium ${look}`}
        >
          <Icon aria-hidden="true" className="size-3" />
          {label}
        </span>
      ))}
    </span>
  );
}

/** The tool's name for people; its `name` is for programs. */
export const toolTitle = ({ name, title, annotations }: ToolInfo): string => title ?? annotations?.title ?? name;
