import { isMcpSessionError, type McpObservabilityEvent } from "@mcp-assistant/protocol";

export type Logger = (event: McpObservabilityEvent) => void;

/**
 * The logger for the option as it was given. Without one, warnings and errors go to the console, except in production.
 * NODE_ENV is read at each entry, because a build may run with another value than the app.
 */
export function loggerFor(option: Logger | null | undefined): Logger {
  if (option === null) return () => undefined;
  return option ?? ((event) => process.env.NODE_ENV !== "production" && writeToConsole(event));
}

/** One line per entry. Control characters become spaces: some of the metadata comes from servers. */
function writeToConsole({ level, message, sessionId, metadata }: McpObservabilityEvent): void {
  if (level !== "warn" && level !== "error") return;
  const attributes: McpObservabilityEvent["metadata"] = { ...metadata, ...(sessionId ? { sessionId } : {}) };
  const { "mcp_redis.operator_hint": hint, ...rest } = attributes;
  const details = Object.entries(rest).map(([name, value]) => `${name}: ${value}`);
  const shown = details.length > 0 ? ` (${details.join(", ")})` : "";
  const line = `mcp-redis ${level === "warn" ? "warning" : "error"}: ${message}${shown}${hint ? `. ${hint}` : ""}`;
  // biome-ignore lint/suspicious/noConsole: this is the one logger that writes to the console.
  console[level](line.replace(/\p{Cc}+/gu, " "));
}

/** Logs for the operator. Only the kind of `error` is logged: see {@link errorAttributes}. */
export type Log = (
  level: McpObservabilityEvent["level"],
  message: string,
  details?: { sessionId?: string; error?: unknown; metadata?: McpObservabilityEvent["metadata"] },
) => void;

/**
 * A failing logger must not cost an app its connections. Whatever the logger throws is ignored, and so is the rejection
 * of an asynchronous one, which would otherwise end the Node process.
 */
export function createLog(logger: Logger): Log {
  return (level, message, { sessionId, error, metadata } = {}) => {
    const attributes = { ...metadata, ...(error === undefined ? {} : errorAttributes(error)) };
    const write = async () =>
      logger({
        level,
        message,
        at: new Date().toISOString(),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(Object.keys(attributes).length > 0 ? { metadata: attributes } : {}),
      });
    // There is nowhere left to report this.
    write().catch(() => undefined);
  };
}

/**
 * The one place that decides what may be logged of an error: our code and our hint for the operator, or else its class.
 * Never its text or its cause: those from a server, from Redis or from the SDK may contain tokens, arguments or results.
 */
export function errorAttributes(error: unknown): { "error.type": string; "mcp_redis.operator_hint"?: string } {
  if (isMcpSessionError(error)) {
    const { operatorHint } = error.toJSON();
    return { "error.type": error.code, ...(operatorHint ? { "mcp_redis.operator_hint": operatorHint } : {}) };
  }
  return { "error.type": error instanceof Error ? error.name : typeof error };
}
