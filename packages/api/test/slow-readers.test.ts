import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMcp } from "@mcp-assistant/core";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { createMcpHandler, toNodeHandler } from "../src/index.js";

const mebi = 1_048_576;
/** Nearly 4 MiB each: the rest of an answer has some bytes, too. */
const flood = { kind: "flood", as: "json", bytes: 4 * mebi - 65_536 } as const;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes of the heap and of buffers. Buffers are freed some time after the collection that finds them unused. */
async function used(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    collect();
    await pause(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The bytes of answers that this process counts as held. */
function held(): number {
  const kinds = Reflect.get(globalThis, Symbol.for("@mcp-assistant/core"));
  return kinds.get("held bytes")?.get("answers")?.bytes ?? 0;
}

/** Waits until everything that is under way has been answered. */
function quiet({ openStreams }: { openStreams: () => number }): Promise<boolean> {
  const now = () => [openStreams(), held()].join();
  return eventually(
    async () => {
      const before = now();
      await pause(500);
      return openStreams() === 0 && now() === before;
    },
    { timeout: 30_000 },
  );
}

async function start(limits = {}) {
  const [hostile, honest] = await Promise.all([startHostileMcpServer(), startHostileMcpServer()]);
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [hostile.host, honest.host] },
    limits: { callsPerMinute: 60_000, connectsPerMinute: 60_000, callsPerSession: 1_000, ...limits },
    logger: null,
  });
  const userId = ({ headers }: Request) => headers.get("authorization");
  const server = createServer(toNodeHandler(createMcpHandler({ mcp, userId })));
  // The system buffers little of a Unix socket's data. Of a TCP socket's, it may take a whole answer that no one reads.
  const path = join(tmpdir(), `slow-readers-${crypto.randomUUID()}.sock`);
  await once(server.listen(path), "listening");
  const sockets: Socket[] = [];
  const leave = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(async () => {
    leave();
    server.closeAllConnections();
    server.close();
    await mcp.close();
    await Promise.all([hostile.close(), honest.close()]);
  });
  /** Sends a request and reads nothing of its answer, until it is told to. */
  const ask = async (user: string, address: string, body: unknown): Promise<Socket> => {
    const socket = connect(path).on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    socket.pause();
    const text = JSON.stringify(body);
    const head = `POST /api/mcp${address} HTTP/1.1\r\nhost: 127.0.0.1:9\r\nauthorization: ${user}\r\nconnection: close\r\n`;
    socket.write(`${head}content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    return socket;
  };
  const connectUser = async (user: string, { url }: { url: string }) =>
    (await mcp.forUser(user).connect({ serverUrl: url })).sessionId;
  return { mcp, hostile, honest, ask, leave, connectUser };
}

const name = "whoami";
const batch = (sessionId: string) =>
  Object.fromEntries(Array.from({ length: 20 }, (_, at) => [at, { sessionId, name }]));
const batchPath = `/trpc/${Array(20).fill("mcp.tools.call").join(",")}?batch=1`;

async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  socket.resume();
  await once(socket, "close");
  return text;
}

test.each<[string, string, number, (sessionId: string) => unknown]>([
  ["three batches of 20 calls", batchPath, 3, batch],
  ["20 calls over REST", "/tool/call", 20, (sessionId) => ({ sessionId, name })],
  [
    "20 calls over the SSE address",
    "/sse",
    20,
    (sessionId) => ({ id: "1", method: "callTool", params: { sessionId, name } }),
  ],
])(
  "%s, all answered with 4 MiB that no one reads, hold a user's 16 MiB until their readers have gone",
  async (_what, path, count, body) => {
    const { mcp, hostile, honest, ask, leave, connectUser } = await start();
    const [sessionId, other] = [await connectUser("eve", hostile), await connectUser("ada", honest)];
    hostile.lie({ answers: { "tools/call": flood } });
    const before = await used();
    for (let request = 0; request < count; request += 1) await ask("eve", path, body(sessionId));
    expect(await eventually(() => held() > 3 * 3.9 * mebi, { timeout: 15_000 })).toBe(true);
    await quiet(hostile);
    expect(held()).toBeGreaterThan(3 * 3.9 * mebi);
    // Calls at the same time may leave the room of a fourth answer free.
    if (held() < 4 * 3.9 * mebi) await ask("eve", "/tool/call", { sessionId, name });
    await quiet(hostile);
    expect(held()).toBeGreaterThan(4 * 3.9 * mebi);
    expect(held()).toBeLessThanOrEqual(16 * mebi);
    expect(await eventually(async () => (await used()) - before < 64 * mebi)).toBe(true);
    await expect(mcp.forUser("eve").callTool(sessionId, name)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(await mcp.forUser("ada").callTool(other, name, { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
    leave();
    expect(await eventually(() => held() === 0)).toBe(true);
  },
  120_000,
);

test("an answer that is read to its end gives its room back, whole", async () => {
  const { hostile, ask, connectUser } = await start();
  const sessionId = await connectUser("eve", hostile);
  hostile.lie({ answers: { "tools/call": flood } });
  const socket = await ask("eve", "/tool/call", { sessionId, name });
  expect(await eventually(() => held() > 3.9 * mebi, { timeout: 15_000 })).toBe(true);
  const text = await readAll(socket);
  expect(text.length).toBeGreaterThan(flood.bytes);
  expect(text.endsWith("0\r\n\r\n")).toBe(true);
  expect(await eventually(() => held() === 0)).toBe(true);
});

test("when a process is full, the answer that holds most is cut off for a user who holds less", async () => {
  const { mcp, hostile, honest, ask, connectUser } = await start({ answerBytes: 12.5 * mebi });
  const [sessionId, other] = [await connectUser("eve", hostile), await connectUser("ada", honest)];
  hostile.lie({ answers: { "tools/call": flood } });
  const socket = await ask("eve", `/trpc/${Array(3).fill("mcp.tools.call").join(",")}?batch=1`, {
    ...Array(3).fill({ sessionId, name }),
  });
  expect(await eventually(() => held() > 3 * 3.9 * mebi && hostile.openStreams() === 0, { timeout: 15_000 })).toBe(
    true,
  );
  await once(socket, "readable");
  honest.lie({ answers: { "tools/call": { ...flood, bytes: mebi } } });
  expect((await mcp.forUser("ada").callTool(other, name)).content).toHaveLength(1);
  const text = await readAll(socket);
  // Without the last chunk (RFC 9112 §7.1), it is not a whole answer.
  expect(text.endsWith("0\r\n\r\n")).toBe(false);
  expect(await eventually(() => held() === 0)).toBe(true);
});

test("the calls of an answer that has not begun end with it, and it says why", async () => {
  const { mcp, hostile, honest, ask, connectUser } = await start({ answerBytes: 8 * mebi });
  const [sessionId, waiting] = [await connectUser("eve", hostile), await connectUser("eve", honest)];
  const other = await connectUser("ada", honest);
  hostile.lie({ answers: { "tools/call": flood } });
  honest.lie({ answers: { "tools/call": { kind: "flood", as: "endless", bytes: 1_000 } } });
  const calls = { 0: { sessionId, name }, 1: { sessionId: waiting, name } };
  const socket = await ask("eve", "/trpc/mcp.tools.call,mcp.tools.call?batch=1", calls);
  expect(await eventually(() => held() > 3.9 * mebi && hostile.openStreams() === 0, { timeout: 15_000 })).toBe(true);
  honest.lie({ answers: { "tools/call": { ...flood, bytes: 3.5 * mebi } } });
  const taking = Array.from({ length: 2 }, () =>
    mcp
      .forUser("ada")
      .callTool(other, name)
      .catch(() => undefined),
  );
  const text = await readAll(socket);
  await Promise.all(taking);
  expect(text).toMatch(/^HTTP\/1\.1 412 /);
  expect(text).toContain("This app is busy");
  expect(text.length).toBeLessThan(5_000);
  expect(await eventually(() => held() === 0)).toBe(true);
});
