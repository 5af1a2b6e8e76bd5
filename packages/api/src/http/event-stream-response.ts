/** How soon (ms) a browser asks again for a stream that was cut. Its own default is about 3 s; tRPC sends none. */
const retryMs = 500;

/**
 * An event stream that begins by telling the browser how soon to come back, and that says once it is over: read to its
 * end, failed, or cancelled because the reader has gone. Any other response as it is.
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
