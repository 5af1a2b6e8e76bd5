let stopping: AbortController | undefined;

/** Aborts when this process is asked to end. Created by the first request: `next build` loads this module too. */
function stopSignal(): AbortSignal {
  if (stopping) return stopping.signal;
  const asked = new AbortController();
  stopping = asked;
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => asked.abort());
  return asked.signal;
}

/**
 * Cuts an event stream when this process is asked to end. Returns any other response unchanged.
 *
 * When asked to end, Next takes no new requests and waits for the open ones. Meanwhile pages would keep saying "Live"
 * although no click on them arrives. With the stream cut, they reconnect immediately and find the next process.
 */
export function untilStopped(response: Response, stop: AbortSignal = stopSignal()): Response {
  const { body, status, headers } = response;
  if (!body || !headers.get("content-type")?.startsWith("text/event-stream")) return response;
  // Aborted, not ended: an ended response leaves its connection open for the next request, and Next waits for that too.
  return new Response(body.pipeThrough(new TransformStream(), { signal: stop }), { status, headers });
}
