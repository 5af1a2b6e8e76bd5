import { isMcpSessionError } from "@mcp-assistant/protocol";

/** Something an operator may want to know. It never holds a token, a code, a header value, an argument or a result. */
export interface McpObservabilityEvent {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  /** ISO 8601. */
  at: string;
  sessionId?: string;
  metadata?: Readonly<Record<string, string | number | boolean>>;
}

export type Logger = (event: McpObservabilityEvent) => void;

/** Tells the operator. `error` is told by its kind alone: see {@link errorAttributes}. */
export type Log = (
  level: McpObservabilityEvent["level"],
  message: string,
  details?: { sessionId?: string; error?: unknown; metadata?: McpObservabilityEvent["metadata"] },
) => void;

/**
 * An app that cannot write its log must not lose its connections: what the logger throws changes nothing, nor does a
 * rejection of one that is asynchronous, for which Node would end the process.
 */
export function createLog(logger: Logger): Log {
  return (level, message, { sessionId, error, metadata } = {}) => {
    const told = { ...metadata, ...(error === undefined ? {} : errorAttributes(error)) };
    const write = async () =>
      logger({
        level,
        message,
        at: new Date().toISOString(),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(Object.keys(told).length > 0 ? { metadata: told } : {}),
      });
    // There is nobody left to tell.
    write().catch(() => undefined);
  };
}

/**
 * The one place that decides what may be told of an error: our code, else its class. Never its text or its cause: those of
 * a server, of Redis or of the SDK may hold tokens, arguments or results.
 */
export function errorAttributes(error: unknown): { "error.type": string } {
  if (isMcpSessionError(error)) return { "error.type": error.code };
  return { "error.type": error instanceof Error ? error.name : typeof error };
}
