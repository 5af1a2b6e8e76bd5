import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { watchReader, writeResponse } from "./bare-response.js";

const unhandled = vi.fn();
const cancelled = vi.fn();
beforeEach(() => void process.on("unhandledRejection", unhandled));
afterEach(async () => {
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("unhandledRejection", unhandled);
  expect(unhandled.mock.calls).toEqual([]);
  cancelled.mockReset();
});

const piece = "x".repeat(65_536);

/** A stream that never ends by itself. */
function endless(headers: Record<string, string> = { "content-type": "text/event-stream" }) {
  const body = new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.enqueue(new TextEncoder().encode(piece)), cancel: cancelled },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers });
}

/** A response of a host with events, whose reader takes nothing from the second piece on. */
class StalledResponse extends EventEmitter {
  written = 0;
  destroyed = false;
  writeHead = vi.fn();
  end = vi.fn();
  write(text: string) {
    this.written += text.length;
    return this.written <= piece.length;
  }
  destroy() {
    this.destroyed = true;
    this.emit("close");
  }
}

function writing(response: Response, res: Parameters<typeof watchReader>[0]) {
  const gone = new AbortController();
  watchReader(res, gone);
  const decoder = new TextDecoder();
  const write = (bytes: Uint8Array) => res.write(decoder.decode(bytes, { stream: true }));
  return { gone, done: writeResponse(response, { res, gone, write }) };
}

/** A host that does not tell what was taken. */
function silentHost() {
  const lengths: number[] = [];
  const write = (text: string) => void lengths.push(text.length);
  return {
    res: { writeHead: vi.fn(), write, end: vi.fn() },
    bytes: () => lengths.reduce((sum, each) => sum + each, 0),
  };
}

describe("a reader that takes nothing", () => {
  test("is waited for, and gets no more meanwhile", async () => {
    const res = new StalledResponse();
    const { done } = writing(endless(), res);
    await vi.waitFor(() => expect(res.listenerCount("drain")).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(res.written).toBe(2 * piece.length);
    res.emit("drain");
    await vi.waitFor(() => expect(res.written).toBe(3 * piece.length));
    res.destroy();
    await done;
    expect(cancelled).toHaveBeenCalled();
    expect(res.listenerCount("drain")).toBe(0);
  });

  test("for a minute is ended", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const res = new StalledResponse();
    const { done } = writing(endless(), res);
    await vi.waitFor(() => expect(res.listenerCount("drain")).toBe(1));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(res.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(res.destroyed).toBe(true);
    await done;
    expect(cancelled).toHaveBeenCalled();
  });
});

test("a large part is written in pieces, so a slow reader does not count as one that takes nothing", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const res = new StalledResponse();
  const { done } = writing(new Response("x".repeat(5 * 65_536)), res);
  for (let piece = 2; piece <= 5; piece += 1) {
    await vi.waitFor(() => expect(res.written).toBe(piece * 65_536));
    await vi.advanceTimersByTimeAsync(59_000);
    res.emit("drain");
  }
  await done;
  expect(res.destroyed).toBe(false);
  expect(res.end).toHaveBeenCalledTimes(1);
});

test("an answer that fails in the middle does not look complete", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
    pull: (controller) => controller.error(new Error("A secret of the app")),
  });
  const res = new StalledResponse();
  await writing(new Response(body), res).done;
  expect(res.destroyed).toBe(true);
});

test("a host that does not tell what was taken gets 4 MiB, and then the end", async () => {
  const { res, bytes } = silentHost();
  await writing(endless(), res).done;
  expect(bytes()).toBeGreaterThan(4_194_304);
  expect(bytes()).toBeLessThanOrEqual(4_194_304 + piece.length);
  expect(res.end).toHaveBeenCalledTimes(1);
  expect(cancelled).toHaveBeenCalled();
});

test("an answer that is no stream is written whole to such a host", async () => {
  const { res, bytes } = silentHost();
  await writing(new Response("x".repeat(6_000_000)), res).done;
  expect(bytes()).toBe(6_000_000);
});

test.each(["writeHead", "write", "end", "on"] as const)(
  "a host whose %s throws ends the stream quietly",
  async (name) => {
    const fail = () => {
      throw new TypeError("Invalid state: Controller is already closed");
    };
    const res = { writeHead: vi.fn(), write: vi.fn(() => true), end: vi.fn(), [name]: fail };
    if (name === "on") return expect(() => watchReader(res, new AbortController())).toThrow("Invalid state");
    const { done, gone } = writing(endless(), res);
    if (name === "end") gone.abort();
    await done;
    expect(cancelled).toHaveBeenCalled();
  },
);

test("text is written as text, each cookie is a header, and a character is never cut in two", async () => {
  const bytes = new TextEncoder().encode("a€");
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 2));
      controller.enqueue(bytes.subarray(2));
      controller.close();
    },
  });
  const headers = new Headers({ "x-a": "1" });
  for (const cookie of ["a=1", "b=2"]) headers.append("set-cookie", cookie);
  const written: string[] = [];
  const res = { writeHead: vi.fn(), write: (text: string) => written.push(text), end: vi.fn() };
  await writing(new Response(body, { status: 201, headers }), res).done;
  expect(written.join("")).toBe("a€");
  expect(res.writeHead).toHaveBeenCalledWith(201, { "x-a": "1", "set-cookie": ["a=1", "b=2"] });
});

test("a response that is closed already gets nothing", async () => {
  const res = { destroyed: true, writeHead: vi.fn(), write: vi.fn(), end: vi.fn() };
  await writing(endless(), res).done;
  expect(res.write).not.toHaveBeenCalled();
  expect(cancelled).toHaveBeenCalled();
});

test("a host that writes with promises is waited for, and its reader may leave", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encode = (text: string) => new TextEncoder().encode(text);
  const res = {
    writeHead: () => undefined,
    write: (text: string) => writer.write(encode(text)),
    end: () => writer.close(),
  };
  const { done } = writing(endless(), res);
  const reader = readable.getReader();
  await reader.read();
  await reader.cancel();
  await done;
  expect(cancelled).toHaveBeenCalled();
});

test("cookies of the app's own middleware stay", async () => {
  const cookies = ["app_session=rolled"];
  const writeHead = vi.fn();
  const appendHeader = (_name: string, value: string) => void cookies.push(value);
  const response = new Response(null, { headers: [["set-cookie", "ours=1"]] });
  await writing(response, { writeHead, appendHeader, write: () => true, end: () => undefined }).done;
  expect(cookies).toEqual(["app_session=rolled", "ours=1"]);
  expect(writeHead).toHaveBeenCalledWith(200, {});
});
