import type { ToolResult } from "@mcp-assistant/protocol";
import type { Backend, ToolCall } from "../backend/backend.js";

export interface ToolCalls {
  call(sessionId: string, call: ToolCall): Promise<ToolResult>;
  /** Aborts the latest call if it is still running. */
  cancel(): void;
}

/** Makes calls that may run at the same time. */
export function createToolCalls(backend: Pick<Backend, "callTool">): ToolCalls {
  let latest: AbortController | undefined;
  return {
    call(sessionId, { signal, ...call }) {
      const cancelled = new AbortController();
      latest = cancelled;
      const aborted = signal ? AbortSignal.any([signal, cancelled.signal]) : cancelled.signal;
      return backend.callTool(sessionId, { ...call, signal: aborted });
    },
    cancel: () => latest?.abort(),
  };
}
