import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { untilStopped } from "./until-stopped";

/** An event stream that sends one message and stays open. */
function openStream() {
  const cancelled = vi.fn();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
    cancel: cancelled,
  });
  return { cancelled, response: new Response(body, { headers: { "content-type": "text/event-stream" } }) };
}

test("an open event stream is cut when the process is asked to end", async () => {
  const stop = new AbortController();
  const { cancelled, response } = openStream();
  const reader = untilStopped(response, stop.signal).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
  const next = reader?.read();
  stop.abort();
  // This name tells Next that it is not a failure.
  await expect(next).rejects.toMatchObject({ name: "AbortError" });
  expect(cancelled).toHaveBeenCalledTimes(1);
});

test("a stream that is requested after that is cut immediately", async () => {
  const { cancelled, response } = openStream();
  await expect(untilStopped(response, AbortSignal.abort()).text()).rejects.toMatchObject({ name: "AbortError" });
  expect(cancelled).toHaveBeenCalledTimes(1);
});

test("a reader that leaves cancels the stream and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  const { cancelled, response } = openStream();
  await untilStopped(response, signal).body?.cancel();
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(1));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("any other response is returned unchanged", () => {
  const response = Response.json({});
  expect(untilStopped(response, AbortSignal.abort())).toBe(response);
});
