import type { ErrorInfo, ToolResult } from "@mcp-assistant/mcp-redis/shared";

/** A call of a tool, from the click to what came of it. Times in ms. */
export type Run =
  | { status: "none" }
  | { status: "running"; startedAt: number }
  | { status: "answered"; result: ToolResult; took: number }
  | { status: "failed"; error: ErrorInfo; took: number };

export const tookText = (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
