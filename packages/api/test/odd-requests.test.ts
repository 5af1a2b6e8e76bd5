import { EventEmitter } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createMcpHandler, createSSEHandler, toNodeHandler } from "../src/index.js";
import { expectNoUnhandledRejection, watchable, watchStreams } from "./watch.js";

const user = "ada";
const rpc = JSON.stringify({ id: "1", method: "getSessions" });
const json = { "content-type": "application/json", authorization: `Bearer ${user}` };

let mcp: Mcp;
const userId = vi.fn<(request: Request) => string | null | Promise<string | null>>();

expectNoUnhandledRejection();
beforeEach(() => {
  mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:3000", limits: watchable, logger: null });
  userId
    .mockReset()
    .mockImplementation(({ headers }) => /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1] ?? null);
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await mcp.close();
});

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const handlers: [name: string, make: () => Listener][] = [
  ["createSSEHandler", () => createSSEHandler({ mcp, userId })],
  ["toNodeHandler(createMcpHandler(…))", () => toNodeHandler(createMcpHandler({ mcp, userId }))],
];

async function listening(listener: RequestListener) {
  const { origin, close } = await startLoopbackServer(listener);
  onTestFinished(close);
  const { hostname, port } = new URL(origin);
  const open = () => connect(Number(port), hostname).on("error", () => undefined);
  /** Sends bytes as they are, and returns what comes back until the connection is closed. */
  const raw = (text: string) => {
    const socket = open();
    socket.write(text);
    return allOf(socket);
  };
  return { url: `${origin}/api/mcp/sse`, open, raw };
}

const allOf = (socket: Socket) =>
  new Promise<string>((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
  });

const post = (url: string) => fetch(url, { method: "POST", headers: json, body: rpc });

describe.each(handlers)("%s answers", (_name, make) => {
  test.each([
    ["an address in absolute form", "GET http://evil.example/api/mcp/sse HTTP/1.1", "", 401],
    ["an address with bytes that are no text", "GET /api/mcp/sse?%ff%00%c0 HTTP/1.1", "", 401],
    ["a method that no web request can have", "TRACE /api/mcp/sse HTTP/1.1", "", 400],
    ["OPTIONS, with the allowed methods", "OPTIONS /api/mcp/sse HTTP/1.1", "", 405],
    ["HEAD, without a body", "HEAD /api/mcp/sse HTTP/1.1", "", 405],
    ["ten thousand bytes of headers", "GET /api/mcp/sse HTTP/1.1", `X-A: ${"a".repeat(10_000)}\r\n`, 401],
  ])("%s", async (_what, line, headers, status) => {
    const answer = await (await listening(make())).raw(
      `${line}\r\nHost: 127.0.0.1\r\n${headers}Connection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 405) expect(answer).toMatch(/^allow: GET, POST\r$/im);
  });

  test.each(["auth/%E0%A4%A", "trpc/%ff%00%c0", "%"])(
    "the path %s, which cannot be decoded, with a policy",
    async (path) => {
      const { raw } = await listening(make());
      const answer = await raw(`GET /api/mcp/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 (?:401|404) /);
      expect(answer).toMatch(/^content-security-policy: .*frame-ancestors 'none'/im);
    },
  );

  test("two Authorization headers by the first", async () => {
    const { raw } = await listening(make());
    const head = `POST /api/mcp/sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${rpc.length}`;
    const answer = await raw(
      `${head}\r\nAuthorization: Bearer ada\r\nAuthorization: Bearer eve\r\nConnection: close\r\n\r\n${rpc}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(userId.mock.calls.map(([{ headers }]) => headers.get("authorization"))).toEqual(["Bearer ada"]);
  });

  test("a Content-Length that lies, and the next request", async () => {
    const { open, raw, url } = await listening(make());
    const head =
      "POST /api/mcp/sse HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ada\r\nContent-Type: application/json";
    expect(await raw(`${head}\r\nContent-Length: 1\r\nConnection: close\r\n\r\n${rpc}`)).toMatch(/^HTTP\/1.1 400 /);
    const socket = open();
    const answer = allOf(socket);
    socket.end(`${head}\r\nContent-Length: 1000\r\n\r\n${rpc}`);
    // Node.js itself answers, or the connection ends.
    expect(await answer).toMatch(/^(HTTP\/1.1 400 |$)/);
    expect((await post(url)).status).toBe(200);
  });

  test("nothing to a reader that hangs up before the first event, and keeps nothing of it", async () => {
    const streams = await watchStreams(mcp, user);
    let tell: (user: string) => void = () => undefined;
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    userId.mockImplementation(() => told);
    const done = vi.fn();
    const listener = make();
    const { open } = await listening((req, res) => void listener(req, res).then(done));
    const socket = open();
    socket.write("GET /api/mcp/sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await vi.waitFor(() => expect(userId).toHaveBeenCalled());
    socket.destroy();
    tell(user);
    await vi.waitFor(() => expect(done).toHaveBeenCalled());
    await vi.waitFor(async () => expect(await streams.open()).toBe(0));
    expect(streams.listeners()).toBe(0);
  });

  test.each<[string, (req: IncomingMessage) => Promise<void>]>([
    ["a Buffer", async (req) => void Object.assign(req, { body: await bytesOf(req) })],
    ["text", async (req) => void Object.assign(req, { body: String(await bytesOf(req)) })],
    ["a value", async (req) => void Object.assign(req, { body: JSON.parse(String(await bytesOf(req))) })],
    ["a raw body", async (req) => void Object.assign(req, { body: {}, rawBody: await bytesOf(req) })],
  ])("a body that was read before, and kept as %s", async (_kept, read) => {
    const listener = make();
    const { url } = await listening(async (req, res) => {
      await read(req);
      await listener(req, res);
    });
    const answer = await post(url);
    expect([answer.status, await answer.json()]).toEqual([200, { id: "1", result: { sessions: [] } }]);
  });

  test.each<[string, (req: IncomingMessage) => Promise<unknown>]>([
    ["was read before, and thrown away", bytesOf],
    ["was half read", (req) => new Promise((resolve) => req.once("readable", () => resolve(req.read(4))))],
  ])("a body that %s, with what to change", async (_how, read) => {
    const listener = make();
    const { url } = await listening(async (req, res) => {
      await read(req);
      await listener(req, res);
    });
    const answer = await post(url);
    expect([answer.status, await answer.json()]).toMatchObject([
      412,
      { id: null, error: { code: "CONFIGURATION_INVALID", operatorHint: expect.stringContaining("req.body") } },
    ]);
  });

  test("nothing where something else has answered", async () => {
    const listener = make();
    const { url } = await listening(async (req, res) => {
      res.writeHead(200, { "content-type": "text/plain" }).write("own ");
      await listener(req, res);
      res.end("answer");
    });
    expect(await (await post(url)).text()).toMatch(/^own /);
  });
});

async function bytesOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("a web request whose body was read before is answered with what to change", async () => {
  const { POST } = createMcpHandler({ mcp, userId });
  const read = new Request("http://127.0.0.1:3000/api/mcp/sse", { method: "POST", headers: json, body: rpc });
  await read.text();
  const written: string[] = [];
  const res = { writeHead: () => undefined, write: (text: string) => written.push(text), end: () => undefined };
  await createSSEHandler({ mcp, userId })(read, res);
  for (const answer of [written.join(""), await (await POST(read)).text()]) {
    expect(JSON.parse(answer)).toMatchObject({ error: { code: "CONFIGURATION_INVALID" } });
  }
});

test.each([
  ["no request at all", null],
  ["a request without headers", { method: "GET", url: "/" }],
  ["a header that no web request can have", { method: "GET", url: "/", headers: { "x-a": "a\nb" } }],
  ["a body that is no JSON", { method: "POST", url: "/", headers: json, body: { a: 1n } }],
])("%s is refused in the usual form", async (_what, req) => {
  const res = { writeHead: vi.fn(), write: vi.fn(), end: vi.fn() };
  await createSSEHandler({ mcp, userId })(req as never, res);
  expect(res.writeHead).toHaveBeenCalledWith(400, expect.anything());
  expect(res.write).toHaveBeenCalledWith(expect.stringContaining('"code":"REQUEST_REFUSED"'));
});

test("a reader of toNodeHandler that takes nothing for a minute is cut off, and the answer is cancelled", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const cancel = vi.fn();
  const body = () =>
    new ReadableStream(
      { pull: (controller) => controller.enqueue(new Uint8Array(1_000)), cancel },
      { highWaterMark: 0 },
    );
  const res = Object.assign(new EventEmitter(), {
    statusCode: 200,
    writeHead: vi.fn(),
    write: vi.fn(() => false),
    end: vi.fn(),
    destroy: vi.fn(),
  });
  const done = toNodeHandler({ GET: async () => new Response(body()) })(
    Object.assign(new EventEmitter(), { method: "GET", url: "/", headers: {} }),
    res,
  );
  await vi.waitFor(() => expect(res.listenerCount("drain")).toBe(1));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(res.destroy).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  await done;
  expect(res.destroy).toHaveBeenCalled();
  expect(res.write).toHaveBeenCalledTimes(1);
  expect(cancel).toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
