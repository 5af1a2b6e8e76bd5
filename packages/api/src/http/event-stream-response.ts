/** How soon (ms) a browser reconnects after a cut stream. Browsers default to about 3 s, and tRPC sends no value. */
const retryMs = 500;

/**
 * Makes an event stream begin with the browser's reconnect delay, and calls `over` when it ends: read to its end,
 * failed, or cancelled because the reader has gone. Any other response is returned unchanged.
 */
export function asEventStream(response: Response, over: () => void): Response {
  const { body, status, headers } = response;
  if (!body || !headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const reader = body.getReader();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`retry: ${retryMs}\n\n`));
    },
    async pull(controller) {
      try {
        const chunk = await reader.read();
        if (!chunk.done) return controller.enqueue(chunk.value);
        controller.close();
        over();
      } catch (error) {
        over();
        throw error;
      }
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  });
  return new Response(stream, { status, headers });
}
