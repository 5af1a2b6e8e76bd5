import { createServer, type IncomingMessage, type RequestListener, request as sendTo } from "node:http";
import { connect } from "node:net";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import express, { type RequestHandler } from "express";
import fastify from "fastify";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createMcpHandler, toNodeHandler } from "../src/index.js";
import { send } from "./edge-app.js";
import { isReset, openRaw } from "./raw-stream.js";
import { expectNoUnhandledRejection, watchable, watchStreams } from "./watch.js";

expectNoUnhandledRejection();

let mcp: Mcp;
beforeEach(() => {
  mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:3000", limits: watchable });
});
afterEach(() => mcp.close());

const origin = "http://127.0.0.1:3000";
const user = "ada";
const ourHandler = () => createMcpHandler({ mcp, userId: () => user });

type Listener = ReturnType<typeof toNodeHandler>;

async function listening(listener: RequestListener): Promise<string> {
  const server = await startLoopbackServer(listener);
  onTestFinished(server.close);
  return server.origin;
}

/** Express with our listener after the given middleware. */
const inExpress = (listener: Listener, ...before: RequestHandler[]) =>
  listening(
    express()
      .use(...before, (_req, _res, next) => next())
      .use("/api/mcp", listener),
  );

async function inFastify(listener: Listener): Promise<string> {
  const app = fastify({ forceCloseConnections: true });
  app.all("/api/mcp/*", listener);
  onTestFinished(() => app.close());
  return app.listen({ host: "127.0.0.1", port: 0 });
}

const hosts: [string, (listener: Listener) => Promise<string>][] = [
  ["node:http", listening],
  ["Express", inExpress],
  ["Fastify", inFastify],
];

const call = (serverUrl: string) => ({
  method: "POST",
  path: "/api/mcp/trpc/mcp.connections.connect",
  headers: { "content-type": "application/json", origin, cookie: "a=b" },
  body: JSON.stringify({ serverUrl }),
});

describe.each(hosts)("in %s", (_name, host) => {
  test("a page, a query, a body and HEAD arrive whole", async () => {
    const at = await host(toNodeHandler(ourHandler()));
    const page = await send(at, { path: "/api/mcp/auth/start?server=notes.example" });
    expect(page.status).toBe(200);
    expect(page.text).toContain("Connecting to notes.example");
    // The address is refused, so it was read.
    const connected = await send(at, call("not an address"));
    expect([connected.status, connected.text]).toEqual([400, expect.stringContaining("SERVER_URL_INVALID")]);
    const head = await send(at, { method: "HEAD", path: "/api/mcp/auth/result/unknown" });
    expect(head).toMatchObject({ status: 400, text: "" });
    expect((await send(at, { method: "PUT", path: "/api/mcp/auth/start" })).headers.allow).toBe("GET");
  });

  test("an event stream is sent at once, and ends with its reader", async () => {
    const streams = await watchStreams(mcp, user);
    const at = await host(toNodeHandler(ourHandler()));
    const { until, hangUp, response } = await openRaw(`${at}/api/mcp/trpc`);
    await until(isReset);
    expect(response.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(await streams.open()).toBe(1);
    hangUp();
    await vi.waitFor(async () => expect(await streams.open()).toBe(0));
  });

  test("a reader that goes away aborts the request that is still being answered", async () => {
    let signal: AbortSignal | undefined;
    const slow = (request: Request) => {
      signal = request.signal;
      return new Promise<Response>(() => undefined);
    };
    const at = await host(toNodeHandler({ GET: slow }));
    const asking = sendTo(`${at}/api/mcp/x`).on("error", () => undefined);
    asking.end();
    await vi.waitFor(() => expect(signal?.aborted).toBe(false));
    asking.destroy();
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
  });

  test("a response is made no faster than it is read", async () => {
    let sent = 0;
    let cancelled = false;
    const endless = async () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += 65_536;
            controller.enqueue(new Uint8Array(65_536));
          },
          cancel() {
            cancelled = true;
          },
        }),
      );
    const at = await host(toNodeHandler({ GET: endless }));
    const asking = sendTo(`${at}/api/mcp/x`).on("error", () => undefined);
    asking.end();
    await new Promise<IncomingMessage>((resolve) => asking.once("response", resolve));
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = sent === before;
        before = sent;
        expect(isStill).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    expect(sent).toBeLessThan(64 * 1_048_576);
    asking.destroy();
    await vi.waitFor(() => expect(cancelled).toBe(true));
  });

  test("cookies stay apart, and a failure in the middle or at the start is the end of one request only", async () => {
    const cookies = ["a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2; Path=/"];
    const at = await host(
      toNodeHandler({
        GET: async ({ url }) => {
          if (url.endsWith("throws")) throw new Error("A secret of the app");
          const body = new ReadableStream({
            start: (controller) => controller.error(new Error("A secret of the app")),
          });
          const headers = cookies.map((cookie): [string, string] => ["set-cookie", cookie]);
          return new Response(url.endsWith("breaks") ? body : "ok", { headers });
        },
      }),
    );
    expect((await send(at, { path: "/api/mcp/ok" })).headers["set-cookie"]).toEqual(cookies);
    const thrown = await send(at, { path: "/api/mcp/throws" });
    expect(thrown).toMatchObject({ status: 500, text: expect.stringMatching(/^Something went wrong in the app\./) });
    const broken = async () => (await fetch(`${at}/api/mcp/breaks`)).text();
    await expect(broken()).rejects.toThrow();
    expect((await send(at, { path: "/api/mcp/ok" })).text).toBe("ok");
  });

  test("a body that is too large, endless or cut off is answered or dropped, and the next request works", async () => {
    const at = await host(toNodeHandler(ourHandler()));
    const { headers, path } = call("");
    async function* endless() {
      for (;;) {
        yield Buffer.alloc(65_536, " ");
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    for (const body of [Buffer.alloc(1_048_577, " "), endless()]) {
      expect((await send(at, { method: "POST", path, headers, body })).status).toBe(413);
    }
    const { hostname, port } = new URL(at);
    const socket = connect(Number(port), hostname);
    const head = Object.entries({ ...headers, host: "127.0.0.1", "content-length": "100" });
    socket.write(`POST ${path} HTTP/1.1\r\n${head.map((pair) => pair.join(": ")).join("\r\n")}\r\n\r\n{"server`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await send(at, call("not an address"))).text).toContain("SERVER_URL_INVALID");
  });
});

describe("a body that was read before", () => {
  test.each<[string, RequestHandler]>([
    ["express.json()", express.json()],
    ["express.raw()", express.raw({ type: "*/*" })],
    ["express.text()", express.text({ type: "*/*" })],
    [
      "one that keeps only the raw body",
      async (req, _res, next) => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk);
        Object.assign(req, { rawBody: Buffer.concat(chunks) });
        next();
      },
    ],
    [
      "one that sets an empty body and reads nothing",
      (req, _res, next) => {
        req.body = {};
        next();
      },
    ],
  ])("by %s is taken", async (_parser, parser) => {
    const at = await inExpress(toNodeHandler(ourHandler()), parser);
    const answer = await send(at, call("not an address"));
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("SERVER_URL_INVALID")]);
  });

  test("and thrown away is answered at once with what to change", async () => {
    const at = await inExpress(toNodeHandler(ourHandler()), (req, _res, next) => {
      req.resume().once("end", () => next());
    });
    const answer = await send(at, call("not an address"));
    expect(answer.status).toBe(412);
    const { mcp: info } = JSON.parse(answer.text).error.data;
    expect(info).toMatchObject({ code: "CONFIGURATION_INVALID", message: "This app is not set up correctly" });
    expect(info.operatorHint).toContain("Mount the handler before it, or let it keep the body in req.body");
    // Without a body, nothing is missing.
    const { body: _body, ...empty } = call("");
    expect((await send(at, { ...empty, headers: { ...empty.headers, "content-length": "0" } })).text).toContain(
      "INVALID_INPUT",
    );
  });
});

test("Express's routers hide no part of the path, however deep", async () => {
  const listener = toNodeHandler(ourHandler());
  const path = "/api/mcp/auth/start?server=notes.example";
  const apps = [
    express().use("/api/mcp", listener),
    express().use("/api", express.Router().use("/mcp", listener)),
    express().all("/api/mcp/*path", listener),
    express().use(listener),
  ];
  for (const app of apps) expect((await send(await listening(app), { path })).text).toContain("notes.example");
});

test("a middleware's cookies are kept, and its header gives way to ours", async () => {
  const at = await inExpress(toNodeHandler(ourHandler()), (_req, res, next) => {
    res.setHeader("set-cookie", "session=1");
    res.setHeader("content-security-policy", "default-src *");
    next();
  });
  const { headers } = await send(at, { path: "/api/mcp/auth/start" });
  expect(headers["set-cookie"]).toEqual(["session=1"]);
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
});

test("odd requests get an answer", async () => {
  const server = createServer(toNodeHandler(ourHandler())).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      let answer = "";
      connect(port, "127.0.0.1")
        .on("data", (chunk) => {
          answer += chunk;
        })
        .on("close", () => resolve(answer))
        .end(text);
    });
  const rest = "Connection: close\r\n\r\n";
  for (const [line, status] of [
    ["GET //evil.example/api/mcp/auth/start HTTP/1.1\r\nHost: 127.0.0.1", 404],
    ["GET http://evil.example/api/mcp/auth/start HTTP/1.1\r\nHost: 127.0.0.1", 200],
    ["GET /api/mcp/auth/start HTTP/1.1\r\nHost: ada:secret@127.0.0.1", 403],
    ["GET /api/mcp/auth/start HTTP/1.0", 200],
    ["OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1", 404],
    ["TRACE /api/mcp/auth/start HTTP/1.1\r\nHost: 127.0.0.1", 400],
  ] as const) {
    expect(await raw(`${line}\r\n${rest}`), line).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
});
