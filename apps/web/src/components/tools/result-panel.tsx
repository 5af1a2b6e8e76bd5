import type { ToolResult } from "@mcp-assistant/mcp-redis/shared";
import { CircleCheck, OctagonAlert } from "lucide-react";
import { ContentBlockView } from "../content/content-block";
import { Disclosure } from "../ui/disclosure";
import { JsonBlock } from "../ui/json-block";
import { tookText } from "./run";

interface ResultPanelProps {
  sessionId: string;
  result: ToolResult;
  took: number;
  toolName: string;
}

/** The result of a tool. An error that the tool reports is shown like any other result, with a red heading. */
export function ResultPanel({ sessionId, result, took, toolName }: ResultPanelProps) {
  const { content, isError = false, structuredContent } = result;
  const Icon = isError ? OctagonAlert : CircleCheck;
  const head = isError ? "bg-danger-soft text-danger" : "bg-success-soft text-success";
  return (
    <div
      data-result={isError ? "error" : "ok"}
      className={`overflow-hidden rounded-card border bg-surface shadow-card ${isError ? "border-danger/50" : ""}`}
    >
      <h3 className={`flex items-center gap-2 px-4 py-2.5 text-sm font-medium ${head}`}>
        <Icon aria-hidden="true" className="size-4 shrink-0" />
        {isError ? "The tool reported an error" : "Result"}
        <span className="ml-auto font-normal tabular-nums">{tookText(took)}</span>
      </h3>
      <div className="flex flex-col gap-4 p-4">
        {structuredContent !== undefined && (
          <div>
            <h4 className="mb-1.5 text-[0.8125rem] font-medium text-muted">Structured content</h4>
            <JsonBlock value={structuredContent} label="Structured content" />
          </div>
        )}
        {content.map((item, index) => (
          <ContentBlockView
            key={index}
            sessionId={sessionId}
            item={item}
            label={`${item.type} ${index + 1} from ${toolName}`}
          />
        ))}
        {content.length === 0 && structuredContent === undefined && (
          <p className="text-sm text-muted">The tool returned no content.</p>
        )}
        <Disclosure title="Raw result">
          <JsonBlock value={result} label="Raw result" />
        </Disclosure>
      </div>
    </div>
  );
}
