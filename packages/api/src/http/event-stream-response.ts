import { isEventStream, passedOn } from "./edge/passed-on.js";

/** How soon (ms) a browser reconnects after a cut stream. Browsers default to about 3 s, and tRPC sends no value. */
const retryMs = 500;

/**
 * Makes an event stream begin with the browser's reconnect delay, and calls `over` when it ends: read to its end,
 * failed, or cancelled because the reader has gone. Any other response is returned unchanged.
 */
export function asEventStream(response: Response, over: () => void): Response {
  const { body, status, headers } = response;
  if (!body || !isEventStream(headers)) return response;
  return new Response(passedOn(body, { over, preamble: `retry: ${retryMs}\n\n` }), { status, headers });
}
