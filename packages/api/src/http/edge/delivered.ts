import type { Delivery } from "@mcp-assistant/core";
import { isEventStream, passedOn } from "./passed-on.js";
import { maxStallMs } from "./stall.js";

/**
 * The same response, which ends the delivery when it has been read to its end, or its reader has gone or takes nothing
 * for a minute. It is cut off when the delivery is stopped.
 */
export function asDelivered(response: Response, delivery: Delivery): Response {
  const { body, status, headers } = response;
  // An event stream carries no results. What is chunked can get some while it is written (a streamed batch).
  if (!body || isEventStream(headers) || (delivery.isEmpty && !headers.has("transfer-encoding"))) {
    delivery.end();
    return response;
  }
  let stalled: NodeJS.Timeout | undefined;
  const waiting = (waits: boolean) => {
    clearTimeout(stalled);
    if (waits) stalled = setTimeout(() => delivery.stop(new Error("The reader takes nothing")), maxStallMs).unref();
  };
  const part = passedOn(body, { over: () => delivery.end(), stopped: delivery.stopped, waiting });
  return new Response(part, { status, headers });
}
