/** How soon (ms) a browser asks again for a stream that was cut. Its own default is about 3 s; tRPC sends none. */
const retry = 500;

/** An event stream that begins by telling the browser how soon to come back; any other response as it is. */
export function withRetry(response: Response): Response {
  const { body, status, headers } = response;
  if (!body || !headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const first = new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`retry: ${retry}\n\n`));
    },
  });
  return new Response(body.pipeThrough(first), { status, headers });
}
