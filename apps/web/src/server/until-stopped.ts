let stopping: AbortController | undefined;

/** Aborts when this process is asked to end. It is made by the first request, because `next build` loads this, too. */
function stopSignal(): AbortSignal {
  if (stopping) return stopping.signal;
  const asked = new AbortController();
  stopping = asked;
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => asked.abort());
  return asked.signal;
}

/**
 * An event stream that is cut when this process is asked to end. Any other response as it is.
 *
 * Next then takes no new requests and waits for the open ones: pages would go on saying "Live" for as long as it waits,
 * while nothing that is clicked on them arrives. As it is, they look for the app at once, and find the next process.
 */
export function untilStopped(response: Response, stop: AbortSignal = stopSignal()): Response {
  const { body, status, headers } = response;
  if (!body || !headers.get("content-type")?.startsWith("text/event-stream")) return response;
  // Cut and not ended: an ended response leaves its connection open for the next request, and Next waits for that, too.
  return new Response(body.pipeThrough(new TransformStream(), { signal: stop }), { status, headers });
}
