/**
 * The result of a successful tool call: structured content, and text for models that do not read structured content.
 */
export function success<Structured extends Record<string, unknown>>(text: string, structuredContent: Structured) {
  return { content: [{ type: "text" as const, text }], structuredContent };
}

/** The result of a failed tool call: an answer that the model can act on, not a protocol error. */
export function failure(text: string) {
  return { content: [{ type: "text" as const, text }], isError: true };
}
