import { once } from "node:events";
import { createServer, type Server, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { LimitExceededError } from "../errors.js";
import { fetchFrom } from "../samples.fixture.js";

/** A server that answers each request on a connection with the next of these texts, byte for byte. */
async function serve(...answers: (string | Buffer)[]) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const answer = answers.shift();
      if (answer !== undefined) socket.write(answer);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return { host, url: `http://${host}`, connections: () => sockets.size };
}

const head = (...fields: string[]) => `${["HTTP/1.1 200 OK", ...fields].join("\r\n")}\r\n\r\n`;
const early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
const chunked = head("Transfer-Encoding: chunked");
const packed = gzipSync("x".repeat(10_000));

/** Each with the length of its body, after decompression. */
const answers: [string, string | Buffer, number][] = [
  ["a plain answer", `${head("Content-Length: 2")}ok`, 2],
  ["informational answers", `${early.repeat(100)}${head("Content-Length: 2")}ok`, 2],
  ["chunks with extensions, and trailers", `${chunked}2;a=b\r\nok\r\n0;c\r\nX-Trailer: y\r\n\r\n`, 2],
  ["a large head", `${head("Content-Length: 0", `X-Large: ${"x".repeat(10_000)}`)}`, 0],
  ["a large body", `${head("Content-Length: 1000000")}${"x".repeat(1_000_000)}`, 1_000_000],
  [
    "a compressed body",
    Buffer.concat([Buffer.from(head("Content-Encoding: gzip", `Content-Length: ${packed.length}`)), packed]),
    10_000,
  ],
];

test("every byte of an answer on the socket is counted once, for the request that it answers", async () => {
  const { host, url, connections } = await serve(...answers.map(([, answer]) => answer));
  const fetch = fetchFrom([host]);
  for (const [what, answer, length] of answers) {
    let taken = 0;
    const took = (bytes: number) => {
      taken += bytes;
    };
    const body = await (await fetch(url, { took })).arrayBuffer();
    expect({ what, taken, length: body.byteLength }).toEqual({ what, taken: Buffer.byteLength(answer), length });
  }
  // Some of them came on a connection that had served another.
  expect(connections()).toBeLessThan(answers.length);
});

test("what the count throws ends the answer and is its error, in a head, in a body and in a stream", async () => {
  const enough = new LimitExceededError({ message: "Enough", hint: "Say less.", retryable: false });
  const stream = `${head("Content-Type: text/event-stream", "Connection: close")}data: a\n\n`;
  for (const answer of [early.repeat(10), `${head("Content-Length: 200000")}${"x".repeat(150_000)}`, stream]) {
    const { host, url } = await serve(answer);
    const took = () => {
      throw enough;
    };
    const asked = fetchFrom([host])(url, { took }).then((response) => response.text());
    await expect(asked).rejects.toBe(enough);
  }
});

const besides = (bytes: number) => early.repeat(Math.ceil(bytes / early.length)).length;

test("128 KiB besides the body are accepted, and more are refused", async () => {
  const kibi = 1_024;
  for (const [bytes, isAccepted] of [
    [127 * kibi, true],
    [130 * kibi, false],
  ] as const) {
    const { host, url } = await serve(`${early.repeat(besides(bytes) / early.length)}${head("Content-Length: 2")}ok`);
    const asked = fetchFrom([host])(url).then((response) => response.text());
    if (isAccepted) expect(await asked).toBe("ok");
    else {
      await expect(asked).rejects.toMatchObject({
        code: "LIMIT_EXCEEDED",
        message: `${host} sent more than 128 KiB besides the body of its answer`,
        retryable: false,
      });
    }
  }
});

test("of a head, the parser gets little at a time; of a body, all that has arrived", async () => {
  const { host, url } = await serve(`${early.repeat(1_000)}${chunked}${"4000\r\n"}${"x".repeat(16_384)}\r\n0\r\n\r\n`);
  const reads: number[] = [];
  const { read } = Socket.prototype;
  onTestFinished(() => {
    Socket.prototype.read = read;
  });
  Socket.prototype.read = function (size) {
    const bytes = read.call(this, size);
    if (size !== 0 && Buffer.isBuffer(bytes) && bytes.includes("Early")) reads.push(bytes.length);
    return bytes;
  };
  await (await fetchFrom([host])(url)).text();
  expect(Math.max(...reads)).toBe(4_096);
});
