import { expect, test, vi } from "vitest";
import { asEventStream } from "./event-stream-response.js";

const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** A response whose stream the test writes to. */
function open() {
  const cancelled = vi.fn();
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      source = controller;
    },
    cancel: cancelled,
  });
  const over = vi.fn();
  const response = asEventStream(new Response(body, { headers }), over);
  const write = (text: string) => source?.enqueue(new TextEncoder().encode(text));
  return { response, over, cancelled, write, end: () => source?.close(), fail: (error: Error) => source?.error(error) };
}

test("a stream begins with its retry delay, keeps its headers, and reports its end once", async () => {
  const { response, over, write, end } = open();
  write("data: 1\n\n");
  write("data: 2\n\n");
  end();
  expect(over).not.toHaveBeenCalled();
  expect(await response.text()).toBe("retry: 500\n\ndata: 1\n\ndata: 2\n\n");
  expect(Object.fromEntries(response.headers)).toEqual(headers);
  expect(over).toHaveBeenCalledTimes(1);
});

test("a reader that goes away ends the stream, even while it waits for more", async () => {
  const { response, over, cancelled } = open();
  const reader = response.body?.getReader();
  await reader?.read();
  const waiting = reader?.read();
  await reader?.cancel("gone");
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(cancelled).toHaveBeenCalledWith("gone");
  expect(over).toHaveBeenCalled();
});

test("a stream that fails also fails for its reader and reports its end once", async () => {
  const { response, over, fail } = open();
  fail(new Error("cut"));
  await expect(response.text()).rejects.toThrow("cut");
  expect(over).toHaveBeenCalledTimes(1);
});

test("nothing is read from the source before the reader asks for it", async () => {
  const pulled = vi.fn();
  const body = new ReadableStream<Uint8Array>({ pull: pulled }, { highWaterMark: 0 });
  asEventStream(new Response(body, { headers }), () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(pulled).not.toHaveBeenCalled();
});

test("any other response is returned unchanged", () => {
  for (const response of [Response.json({ a: 1 }), new Response(null, { status: 204, headers })]) {
    expect(asEventStream(response, () => undefined)).toBe(response);
  }
});
