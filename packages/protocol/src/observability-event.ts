/**
 * Something an operator may want to know. It never contains a token, a code, a header value, an argument or a result.
 */
export interface McpObservabilityEvent {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  /** ISO 8601. */
  at: string;
  sessionId?: string;
  metadata?: Readonly<Record<string, string | number | boolean>>;
}
