import type { PromptResult } from "@mcp-assistant/mcp-redis/shared";
import { Bot, User } from "lucide-react";
import { ContentBlockView } from "../content/content-block";
import { CopyButton } from "../ui/copy-button";
import { messagesText } from "./messages-text";

const roles = { user: { label: "User", Icon: User }, assistant: { label: "Assistant", Icon: Bot } } as const;

/** The messages of a prompt, by the role that says each of them. */
export function PromptMessages({ sessionId, result }: { sessionId: string; result: PromptResult }) {
  const { description, messages } = result;
  return (
    <div className="overflow-hidden rounded-card border bg-surface shadow-card">
      {description && <p className="border-b px-4 py-2.5 text-sm text-muted wrap-anywhere">{description}</p>}
      <ol className="flex flex-col gap-4 p-4">
        {messages.map(({ role, content }, index) => {
          const { label, Icon } = roles[role];
          return (
            <li key={index} className="flex min-w-0 flex-col gap-1.5">
              <h3 className="flex items-center gap-1.5 text-[0.8125rem] font-medium text-muted">
                <Icon aria-hidden="true" className="size-3.5" />
                {label}
              </h3>
              <ContentBlockView sessionId={sessionId} item={content} label={`${label}, message ${index + 1}`} />
            </li>
          );
        })}
      </ol>
      {messages.length === 0 && <p className="px-4 pb-4 text-sm text-muted">The prompt has no messages.</p>}
      <div className="flex flex-wrap gap-1 border-t px-2 py-1.5">
        <CopyButton text={messagesText(result)}>Copy as text</CopyButton>
        <CopyButton text={JSON.stringify(result, null, 2)}>Copy as JSON</CopyButton>
      </div>
    </div>
  );
}
