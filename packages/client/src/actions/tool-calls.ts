import type { CallProgress, ToolResult } from "@mcp-assistant/protocol";
import type { Backend, ToolCall } from "../backend/backend.js";
import type { ConnectionsStore } from "../store/connections-store.js";
import { ObservableValue } from "../store/observable-value.js";

interface CallDeps {
  backend: Pick<Backend, "callTool">;
  store: Pick<ConnectionsStore, "callProgress">;
}

/** Calls a tool. `onProgress` gets what the event stream reports of it until it has ended. */
export async function callTool(
  { backend, store: { callProgress } }: CallDeps,
  { sessionId, onProgress, ...call }: ToolCall & { sessionId: string },
): Promise<ToolResult> {
  const callId = newCallId();
  const stop = callProgress.subscribe(() => {
    const event = callProgress.get();
    if (event?.sessionId !== sessionId || event.callId !== callId) return;
    const { progress, total, message } = event;
    onProgress?.({
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    });
  });
  try {
    return await backend.callTool(sessionId, { ...call, callId });
  } finally {
    stop();
  }
}

/** Two calls of one user must not have the same. Pages without https have no `crypto.randomUUID`. */
const newCallId = () => `${Math.random()}${Math.random()}`.replaceAll("0.", "");

export interface ToolCalls {
  call(sessionId: string, call: ToolCall): Promise<ToolResult>;
  /** Aborts the latest call if it is still running. */
  cancel(): void;
  /** How far the latest call has come. */
  readonly progress: ObservableValue<CallProgress | undefined>;
}

/** Makes calls that may run at the same time. */
export function createToolCalls(deps: CallDeps): ToolCalls {
  const progress = new ObservableValue<CallProgress | undefined>(undefined);
  let latest: AbortController | undefined;
  return {
    call(sessionId, { signal, onProgress, ...call }) {
      const cancelled = new AbortController();
      latest = cancelled;
      progress.set(undefined);
      return callTool(deps, {
        ...{ ...call, sessionId },
        signal: signal ? AbortSignal.any([signal, cancelled.signal]) : cancelled.signal,
        onProgress: (reported) => {
          onProgress?.(reported);
          if (latest === cancelled) progress.set(reported);
        },
      });
    },
    cancel: () => latest?.abort(),
    progress,
  };
}
