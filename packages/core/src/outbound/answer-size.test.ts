import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, constants, createBrotliCompress, createGzip, gzipSync } from "node:zlib";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { describe, expect, onTestFinished, test } from "vitest";
import { LimitExceededError } from "../errors.js";
import { fetchFrom } from "../samples.fixture.js";
import type { AnswerMeter } from "./answer-body.js";
import type { OutboundInit } from "./guarded-fetch.js";

/** The same meter for answers of both kinds. */
const both = (meter: AnswerMeter) => ({ meter: { whole: () => meter, events: () => meter } });

/** Sends a request to a server that answers with this body, in this content coding. */
async function ask(body: Buffer | string, coding: string | undefined, init?: OutboundInit) {
  let asked: string | undefined;
  const server = await startLoopbackServer((request, response) => {
    asked = request.headers["accept-encoding"];
    response.writeHead(200, coding === undefined ? {} : { "content-encoding": coding }).end(body);
  });
  onTestFinished(server.close);
  const answer = fetchFrom([server.host])(server.origin, init);
  return { answer, host: server.host, asked: () => asked };
}

const mebi = 1_024 * 1_024;

/** An event of this many bytes, written as our own reader writes it. */
const eventOf = (length: number) => Buffer.from(`data: ${"x".repeat(length - 8)}\n\n`);
const text = "ten bytes.".repeat(1_000);

test.each([
  ["gzip", gzipSync(text)],
  ["x-gzip", gzipSync(text)],
  ["br", brotliCompressSync(text)],
  ["BR ", brotliCompressSync(text)],
  ["identity", text],
])("the content coding %s is decoded", async (coding, body) => {
  const { answer, asked } = await ask(body, coding);
  expect(await (await answer).text()).toBe(text);
  expect(asked()).toBe("gzip, br");
});

test.each(["zstd", "gzip, gzip", "gzip, br", "constructor"])(
  "the content coding %s, which was not requested, is refused",
  async (coding) => {
    const { answer, host } = await ask(gzipSync(gzipSync(text)), coding);
    await expect(answer).rejects.toMatchObject({
      code: "SERVER_ERROR",
      message: `${host} sent an answer that is not valid HTTP`,
    });
  },
);

test("a body that is not gzip, despite its header, is reported as an incomplete answer", async () => {
  const { answer } = await ask("plain text", "gzip");
  await expect(answer).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
});

test.each([1, 16_383, 16_384, 16_385, 20_000, 65_535, 65_537, 100_000, 1_000_003])(
  "%d bytes arrive intact, together with the head or after it",
  async (length) => {
    for (const [type, bytes] of [
      ["application/json", Buffer.from(Array.from({ length }, (_, at) => at % 251))],
      ["text/event-stream", eventOf(length + 8)],
    ] as const) {
      for (const wait of [0, 20]) {
        const server = await startLoopbackServer((_request, response) => {
          response.writeHead(200, { "content-type": type, "content-length": bytes.length });
          if (wait > 0) response.flushHeaders();
          setTimeout(() => response.end(bytes), wait);
        });
        onTestFinished(server.close);
        const answer = await fetchFrom([server.host])(server.origin);
        expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
      }
    }
  },
);

describe.each([
  ["uncompressed", undefined, (bytes: Buffer) => bytes],
  ["gzip", "gzip", (bytes: Buffer) => gzipSync(bytes)],
  ["brotli", "br", (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
])("%s", (_name, coding, pack) => {
  test("4 MiB are read, one byte more is refused", async () => {
    const full = await ask(pack(Buffer.alloc(4 * mebi, "x")), coding);
    expect((await (await full.answer).arrayBuffer()).byteLength).toBe(4 * mebi);
    const { answer, host } = await ask(pack(Buffer.alloc(4 * mebi + 1, "x")), coding);
    await expect(answer).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: `${host} answered with more than 4 MiB`,
      retryable: false,
    });
  });

  test("a caller can set a lower limit", async () => {
    expect(await (await (await ask(pack(Buffer.from(text)), coding, { bytes: 10_000 })).answer).text()).toBe(text);
    const { answer, host } = await ask(pack(Buffer.from(`${text}.`)), coding, { bytes: 10_000 });
    await expect(answer).rejects.toMatchObject({ message: `${host} answered with more than 10000 bytes` });
  });
});

test.each([
  ["gzip", () => createGzip()],
  ["br", () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
])("a decompression bomb (%s) is aborted after a small part of it", async (coding, compressor) => {
  let sent = 0;
  let ended = false;
  const server = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-encoding": coding });
    const bomb = compressor();
    bomb.on("data", (chunk: Buffer) => {
      sent += chunk.length;
    });
    bomb.pipe(response);
    const zeros = Buffer.alloc(mebi);
    const feed = () => {
      if (!ended) bomb.write(zeros, feed);
    };
    response.on("close", () => {
      ended = true;
    });
    feed();
  });
  onTestFinished(server.close);
  const before = process.memoryUsage().rss;
  await expect(fetchFrom([server.host])(server.origin)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * mebi);
  await eventually(() => ended);
  expect(sent).toBeLessThan(mebi);
});

describe.each([
  ["a document", {}],
  ["a compressed document", { "content-encoding": "gzip" }],
  ["an event stream", { "content-type": "text/event-stream" }],
])("%s in small chunks", (_name, headers) => {
  /** Sends a request to a server that answers with `bytes` bytes, in chunks of `each` bytes. */
  async function askInChunks(bytes: number, each: number) {
    const compressor = "content-encoding" in headers ? createGzip({ level: 0 }) : new PassThrough();
    compressor.end("content-type" in headers ? eventOf(bytes) : Buffer.alloc(bytes, "x"));
    const whole = await buffer(compressor);
    const server = await startLoopbackServer((_request, response) => {
      response.writeHead(200, headers);
      response.cork();
      for (let at = 0; at < whole.length; at += each) response.write(whole.subarray(at, at + each));
      response.end();
    });
    onTestFinished(server.close);
    const answer = fetchFrom([server.host])(server.origin).then((response) => response.arrayBuffer());
    return { answer, host: server.host };
  }

  test("10 000 chunks are accepted, however small they are", async () => {
    const { answer } = await askInChunks(9_900, 1);
    expect((await answer).byteLength).toBe(9_900);
  });

  test("beyond those, chunks must have at least 16 bytes on average", async () => {
    const { answer } = await askInChunks(600_000, 16);
    expect((await answer).byteLength).toBe(600_000);
    for (const [bytes, each] of [
      [11_000, 1],
      [600_000, 12],
    ] as const) {
      const refused = await askInChunks(bytes, each);
      await expect(refused.answer).rejects.toMatchObject({
        code: "LIMIT_EXCEEDED",
        message: `${refused.host} answered in more than 10000 pieces of fewer than 16 bytes`,
        retryable: false,
      });
    }
  });
});

test("small chunks that arrive together with the head are refused too", async () => {
  const answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(10_700)}0\r\n\r\n`;
  const server = await startLoopbackServer((request) => void request.socket.write(answer));
  onTestFinished(server.close);
  await expect(fetchFrom([server.host])(server.origin)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("events arrive as they are sent, in every coding", async () => {
  for (const [coding, compressor] of [
    ["gzip", createGzip()],
    ["br", createBrotliCompress()],
  ] as const) {
    let next: () => void = () => undefined;
    const server = await startLoopbackServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "content-encoding": coding });
      compressor.pipe(response);
      next = () => {
        compressor.write("data: 1\n\n");
        compressor.flush();
      };
      next();
    });
    onTestFinished(server.close);
    const reader = (await fetchFrom([server.host])(server.origin)).body?.getReader();
    for (let round = 0; round < 3; round++) {
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
      next();
    }
    await reader?.cancel();
  }
});

describe("a meter", () => {
  const refusal = new LimitExceededError({ message: "Enough", hint: "Say less.", retryable: false });
  const refusing: AnswerMeter = {
    take: (chunk) => {
      if (chunk.includes("!".charCodeAt(0))) throw refusal;
    },
  };

  test("sees the decompressed bytes before the caller does", async () => {
    const seen: Buffer[] = [];
    const meter = { take: (chunk: Uint8Array) => void seen.push(Buffer.from(chunk)) };
    const { answer } = await ask(gzipSync(text), "gzip", both(meter));
    expect(await (await answer).text()).toBe(text);
    expect(Buffer.concat(seen).toString()).toBe(text);
  });

  test("its error becomes the error of the answer, and of a stream that has begun", async () => {
    await expect((await ask("wait!", undefined, both(refusing))).answer).rejects.toBe(refusal);
    let ended = false;
    const server = await startLoopbackServer((_request, response) => {
      response.on("close", () => {
        ended = true;
      });
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      setTimeout(() => response.write("data: !\n\n"), 50);
    });
    onTestFinished(server.close);
    const reader = (await fetchFrom([server.host])(server.origin, both(refusing))).body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await expect(reader?.read()).rejects.toBe(refusal);
    await eventually(() => ended);
  });
});
