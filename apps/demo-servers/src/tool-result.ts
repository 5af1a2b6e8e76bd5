/** The result of a tool that did what it was asked: text for models that read no structured content, and the content. */
export function success<Structured extends Record<string, unknown>>(text: string, structuredContent: Structured) {
  return { content: [{ type: "text" as const, text }], structuredContent };
}

/** The result of a tool that could not: an answer the model can act on, not a protocol error. */
export function failure(text: string) {
  return { content: [{ type: "text" as const, text }], isError: true };
}
