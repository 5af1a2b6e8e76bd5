import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { passedOn } from "./passed-on.js";

const encoder = new TextEncoder();

function source() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  const write = (text: string) => controller?.enqueue(encoder.encode(text));
  return { body, write, end: () => controller?.close(), fail: (error: Error) => controller?.error(error) };
}

async function partsOf(body: ReadableStream<Uint8Array>) {
  const parts: string[] = [];
  for await (const part of body) parts.push(new TextDecoder().decode(part));
  return parts;
}

test("small chunks that are ready together are passed on together", async () => {
  const { body, write, end } = source();
  for (let at = 0; at < 400; at += 1) write(`${at},`);
  end();
  const parts = await partsOf(passedOn(body, { over: () => undefined, preamble: "begin," }));
  expect(parts).toEqual([`begin,${Array.from({ length: 400 }, (_, at) => `${at},`).join("")}`]);
});

test("no part is larger than 64 KiB, and nothing is lost", async () => {
  const { body, write, end } = source();
  const chunks = [1, 70_000, 0, 200_000, 5, 65_536].map((length, at) => `${at}`.repeat(length));
  for (const chunk of chunks) write(chunk);
  end();
  const parts = await partsOf(passedOn(body, { over: () => undefined }));
  expect(Math.max(...parts.map(({ length }) => length))).toBe(65_536);
  expect(parts.join("")).toBe(chunks.join(""));
});

test("a chunk is passed on at once, although nothing comes after it", async () => {
  const { body, write } = source();
  const reader = passedOn(body, { over: () => undefined }).getReader();
  for (const text of ["a", "b"]) {
    const reading = reader.read();
    write(text);
    const { value } = await reading;
    expect(new TextDecoder().decode(value)).toBe(text);
  }
});

test("what came before an error is passed on", async () => {
  const over = vi.fn();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(encoder.encode("a"));
      await nextTurn();
      throw new Error("cut");
    },
  });
  const reader = passedOn(body, { over }).getReader();
  expect((await reader.read()).value).toEqual(encoder.encode("a"));
  await expect(reader.read()).rejects.toThrow("cut");
  expect(over).toHaveBeenCalledTimes(1);
});

test("a body is cut off with the reason, even while its reader waits, and its end is told once", async () => {
  const { body, write } = source();
  const [over, stop] = [vi.fn(), new AbortController()];
  const reader = passedOn(body, { over, stopped: stop.signal }).getReader();
  write("a");
  await reader.read();
  const waiting = reader.read();
  stop.abort(new Error("no room"));
  await expect(waiting).rejects.toThrow("no room");
  await reader.cancel().catch(() => undefined);
  expect(over).toHaveBeenCalledTimes(1);
});
