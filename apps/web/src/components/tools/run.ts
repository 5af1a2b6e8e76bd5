import type { ErrorInfo, ToolResult } from "@mcp-assistant/mcp-redis/shared";
import type { Progress } from "./progress";

/** A call of a tool, from the click to its outcome. Times in ms. */
export type Run =
  | { status: "none" }
  | { status: "running"; startedAt: number; cancel: () => void; progress?: Progress }
  | { status: "answered"; result: ToolResult; took: number }
  | FailedRun;

export interface FailedRun {
  status: "failed";
  error: ErrorInfo;
  took: number;
  /** The arguments of the call, for running it again. */
  arguments: Record<string, unknown>;
  /** When its server had connected, by the store's clock. */
  connectedSince: string;
}

export const tookText = (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** The screen reader's announcement for a call. */
export function runAnnouncement(run: Run): string {
  switch (run.status) {
    case "none":
      return "not called";
    case "running":
      return "running";
    case "answered":
      return run.result.isError ? "the tool reported an error" : `answered after ${tookText(run.took)}`;
    case "failed":
      return run.error.code === "CANCELLED" ? "cancelled" : `failed. ${run.error.message}`;
  }
}
