import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { untilStopped } from "./until-stopped";

/** An event stream that says one thing and stays open. */
function openStream() {
  const cancelled = vi.fn();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
    cancel: cancelled,
  });
  return { cancelled, response: new Response(body, { headers: { "content-type": "text/event-stream" } }) };
}

test("an open event stream is cut when the process is to end", async () => {
  const stop = new AbortController();
  const { cancelled, response } = openStream();
  const reader = untilStopped(response, stop.signal).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
  const next = reader?.read();
  stop.abort();
  // By this name Next knows that nothing has failed.
  await expect(next).rejects.toMatchObject({ name: "AbortError" });
  expect(cancelled).toHaveBeenCalledTimes(1);
});

test("one that is asked for later is cut at once", async () => {
  const { cancelled, response } = openStream();
  await expect(untilStopped(response, AbortSignal.abort()).text()).rejects.toMatchObject({ name: "AbortError" });
  expect(cancelled).toHaveBeenCalledTimes(1);
});

test("a reader that goes leaves nothing behind", async () => {
  const { signal } = new AbortController();
  const { cancelled, response } = openStream();
  await untilStopped(response, signal).body?.cancel();
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(1));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("any other response is answered to its end", () => {
  const response = Response.json({});
  expect(untilStopped(response, AbortSignal.abort())).toBe(response);
});
