import { once } from "node:events";
import { createServer, type Server, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { Allowance } from "../budgets/allowance.js";
import { LimitExceededError } from "../errors.js";
import { fetchFrom, someUser } from "../samples.fixture.js";

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

const kibi = 1_024;
/** As many informational answers as fit in so many bytes. */
const earlyOf = (bytes: number) => early.repeat(bytes / early.length);
const ok = `${head("Content-Length: 2")}ok`;
/** A chunk of 8 bytes with an extension, 1 KiB on the wire. */
const extended = `8;${"x".repeat(kibi - 14)}\r\n${"y".repeat(8)}\r\n`;
const inARow = "in a row besides the body of its answer";

// A parser that got more of these would call us for every few bytes.
test.each<[string, string, string, string]>([
  ["informational answers", earlyOf(16 * kibi - 100) + ok, earlyOf(17 * kibi) + ok, "16 KiB of headers"],
  [
    "a head",
    `${head("Content-Length: 0", `X: ${"x".repeat(16 * kibi - 43)}`)}`,
    `${head("Content-Length: 0", `X: ${"x".repeat(16 * kibi - 42)}`)}`,
    "16 KiB of headers",
  ],
  [
    "trailers",
    `${chunked}2\r\nok\r\n0\r\n${"X-Trailer: x\r\n".repeat(1_000)}\r\n`,
    `${chunked}2\r\nok\r\n0\r\n${"X-Trailer: x\r\n".repeat(3_000)}\r\n`,
    `16 KiB ${inARow}`,
  ],
  [
    "an extension of a chunk",
    `${chunked}2\r\nok\r\n2;${"x".repeat(15 * kibi)}\r\nok\r\n0\r\n\r\n`,
    `${chunked}2\r\nok\r\n2;${"x".repeat(33 * kibi)}\r\nok\r\n0\r\n\r\n`,
    `16 KiB ${inARow}`,
  ],
  [
    "extensions of many chunks",
    `${chunked}${extended.repeat(127)}0\r\n\r\n`,
    `${chunked}${extended.repeat(131)}0\r\n\r\n`,
    "128 KiB besides the body of its answer",
  ],
])("%s: so much is accepted, and more is refused", async (_what, accepted, refused, most) => {
  const { host, url } = await serve(accepted, refused);
  const fetch = fetchFrom([host]);
  const user = someUser();
  expect((await fetch(url, { user })).status).toBe(200);
  await expect(fetch(url, { user })).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: `${host} sent more than ${most}`,
    retryable: false,
  });
});

/** How many bytes of answers are read in each turn of the event loop, from now on. */
function watchTurns() {
  const turns = [0];
  const { read } = Socket.prototype;
  const startTurn = () => {
    turns.push(0);
    turn = setImmediate(startTurn);
  };
  let turn = setImmediate(startTurn);
  onTestFinished(() => {
    clearImmediate(turn);
    Socket.prototype.read = read;
  });
  const pieces: number[] = [];
  Socket.prototype.read = function (size) {
    const bytes = read.call(this, size);
    if (size !== 0 && Buffer.isBuffer(bytes) && (bytes.includes("zzz") || bytes.includes("Early"))) {
      pieces.push(bytes.length);
      turns.push((turns.pop() ?? 0) + bytes.length);
    }
    return bytes;
  };
  return { turns, pieces };
}

test("of a head, the parser gets 4 KiB at a time; of a body, 16 KiB", async () => {
  const { host, url } = await serve(`${earlyOf(14 * kibi)}${head("Content-Length: 200000")}${"z".repeat(200_000)}`);
  const { pieces } = watchTurns();
  await (await fetchFrom([host])(url, { user: someUser() })).text();
  expect(pieces.slice(0, 4)).toEqual([4_096, 4_096, 4_096, 4_096]);
  expect(Math.max(...pieces)).toBe(16_384);
});

test("of 200 answers that arrive at once, a turn of the event loop reads 64 KiB, and a little of another user's", async () => {
  const large = `${head("Content-Length: 200000")}${"z".repeat(200_000)}`;
  const { host, url } = await serve(...Array.from({ length: 200 }, () => large));
  const other = await serve(ok, ok);
  const fetch = fetchFrom([host, other.host]);
  const { turns } = watchTurns();
  const user = someUser();
  const all = Promise.all(Array.from({ length: 200 }, async () => (await fetch(url, { user })).text()));
  await vi.waitFor(() => expect(turns.some((bytes) => bytes > 0)).toBe(true), { interval: 1 });
  let isOver = false;
  void all.then(() => {
    isOver = true;
  });
  expect(await (await fetch(other.url, { user: someUser() })).text()).toBe("ok");
  expect(isOver).toBe(false);
  await all;
  // A turn may go one piece beyond the share.
  expect(Math.max(...turns)).toBeLessThanOrEqual(65_536 + 16_384);
}, 30_000);

test("a user whose servers send odd answers waits for more of them, and for no ordinary ones; other users do not wait", async () => {
  const odd = `${chunked}${"1\r\nz\r\n".repeat(9_000)}0\r\n\r\n`;
  const { host, url } = await serve(...Array.from({ length: 6 }, () => odd), ok, odd, ok);
  const fetch = fetchFrom([host]);
  const [user, other] = [someUser(), someUser()];
  for (let count = 0; count < 6; count += 1) await (await fetch(url, { user })).text();
  expect(await (await fetch(url, { user })).text()).toBe("ok");
  const waiting = new AbortController();
  const waits = fetch(url, { user, signal: waiting.signal }).then(
    () => "arrived",
    () => "aborted",
  );
  expect(await (await fetch(url, { user: other })).text()).toBe("ok");
  waiting.abort();
  expect(await waits).toBe("aborted");
  const next = await serve(odd);
  expect(await (await fetchFrom([next.host])(next.url, { user: other })).text()).toBe("z".repeat(9_000));
});

/** A user whose servers have sent odd bytes for so long (ms) already. */
function userWhoWaits(ms: number) {
  const user = someUser();
  Allowance.of("framing").spend(user, 60_000 + ms, 60_000);
  return user;
}

/** Its last bytes come after odd ones. */
const longHead = `${head("Content-Length: 2", `X-Large: ${"x".repeat(13_000)}`)}ok`;

test("an odd answer whose wait would use up the time of its request fails at once, and says why", async () => {
  const { host, url } = await serve(longHead, ok);
  const user = userWhoWaits(5_000);
  const answer = fetchFrom([host])(url, { user, timeoutMs: 6_000 });
  const error = await answer.then((response) => response.text()).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(LimitExceededError);
  expect(error).toMatchObject({ message: expect.stringContaining("besides the bodies"), retryable: false });
  expect(await (await fetchFrom([host])(url, { user })).text()).toBe("ok");
});

test("the waits of an odd answer add up", async () => {
  const { host, url } = await serve(`${chunked}${"1\r\nz\r\n".repeat(9_000)}0\r\n\r\n`);
  const user = userWhoWaits(100);
  const answer = fetchFrom([host])(url, { user, timeoutMs: 5_000 });
  const error = await answer.then((response) => response.text()).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(LimitExceededError);
});

test("an odd answer that waits for a short time arrives", async () => {
  const { host, url } = await serve(longHead);
  const began = performance.now();
  const answer = await fetchFrom([host])(url, { user: userWhoWaits(200), timeoutMs: 30_000 });
  expect(await answer.text()).toBe("ok");
  expect(performance.now() - began).toBeGreaterThan(150);
});
