import type { Delivery } from "@mcp-assistant/core";
import { maxStallMs } from "./stall.js";

/** The most (bytes) that is passed on at once. So the end comes when nearly everything has been taken. */
const maxPartBytes = 65_536;

/**
 * The same response, which ends the delivery when it has been read to its end, or its reader has gone or takes nothing
 * for a minute. It is cut off when the delivery is stopped.
 */
export function asDelivered(response: Response, delivery: Delivery): Response {
  const { body, status, headers } = response;
  // An event stream carries no results. What is chunked can get some while it is written (a streamed batch).
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!body || isStream || (delivery.isEmpty && !headers.has("transfer-encoding"))) {
    delivery.end();
    return response;
  }
  const reader = body.getReader();
  let rest = new Uint8Array();
  let stalled: NodeJS.Timeout | undefined;
  const stop = () => delivery.stop(new Error("The reader takes nothing"));
  const watch = () => {
    stalled = setTimeout(stop, maxStallMs).unref();
  };
  const end = () => {
    clearTimeout(stalled);
    delivery.end();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        watch();
        const cut = () => {
          end();
          rest = new Uint8Array();
          controller.error(delivery.stopped.reason);
          reader.cancel().catch(() => undefined);
        };
        delivery.stopped.addEventListener("abort", cut, { once: true });
      },
      async pull(controller) {
        clearTimeout(stalled);
        while (rest.length === 0) {
          const { value, done } = await reader.read().catch((error: unknown) => {
            end();
            throw error;
          });
          if (delivery.stopped.aborted) return;
          if (done) {
            end();
            controller.close();
            return;
          }
          rest = value;
        }
        controller.enqueue(rest.subarray(0, maxPartBytes));
        rest = rest.subarray(maxPartBytes);
        watch();
      },
      async cancel(reason) {
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status, headers });
}
