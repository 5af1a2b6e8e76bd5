import type { IncomingMessage, ServerResponse } from "node:http";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { expect, onTestFinished, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import type { Limits } from "../limits.js";
import { someUser } from "../samples.fixture.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers a POST with `status` and a GET with `get`. */
async function startServer(status: number, get: Answer) {
  const asked: string[] = [];
  const keys: (string | undefined)[] = [];
  const open = new Set<ServerResponse>();
  const server = await startLoopbackServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    keys.push(request.headers.authorization);
    if (request.method !== "GET") return void response.writeHead(status).end("Cannot do that");
    open.add(response.on("close", () => open.delete(response)));
    get(request, response);
  });
  onTestFinished(server.close);
  return { ...server, url: `${server.origin}/sse`, asked, keys, open };
}

/** A real HTTP+SSE server from the SDK. */
const speakHttpSse: Answer = (_request, response) => {
  void new McpServer({ name: "old", version: "1" }).connect(new SSEServerTransport("/messages", response));
};

const stream =
  (...chunks: string[]): Answer =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) response.write(chunk);
  };

interface ConnectTo {
  host: string;
  url: string;
  limits?: Partial<Limits>;
  transportType?: "auto" | "sse" | "streamable-http";
  headers?: Record<string, string>;
}

async function connectTo({ host, url, limits = {}, ...input }: ConnectTo) {
  const baseUrl = "http://127.0.0.1:9";
  const mcp = createMcp({ storage: "memory", baseUrl, outbound: { allowHosts: [host] }, limits });
  onTestFinished(() => mcp.close());
  return mcp.forUser(someUser()).connect({ serverUrl: url, ...input });
}

test.each([
  [404, "auto"],
  [405, "sse"],
  [400, "streamable-http"],
] as const)(
  "a server that refuses a POST with %i and speaks only HTTP+SSE is reported as such (%s)",
  async (status, type) => {
    const server = await startServer(status, speakHttpSse);
    const { state, error } = await connectTo({ ...server, transportType: type });
    expect(state).toBe("FAILED");
    expect(error).toEqual({
      code: "NOT_MCP",
      message: `${server.host}/sse only supports the older HTTP+SSE transport, which this app does not support yet`,
      hint: `Ask the server's provider for its Streamable HTTP address. Many servers use ${server.origin}/mcp.`,
      retryable: false,
    });
    expect(server.asked.at(-1)).toBe("GET /sse");
    expect(server.asked.filter((request) => request.startsWith("GET"))).toHaveLength(1);
    await expect.poll(() => server.open.size).toBe(0);
  },
);

test("a Streamable HTTP server is connected whatever transport was requested, and the session shows the one in use", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9", outbound: { allowHosts: modern.hosts } });
  onTestFinished(() => mcp.close());
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url, transportType: "sse" });
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({
    state: "CONNECTED",
    transportType: "streamable-http",
  });
});

test("the HTTP+SSE check sends the same key to the same address", async () => {
  const server = await startServer(404, speakHttpSse);
  const { error } = await connectTo({ ...server, headers: { Authorization: "Bearer key" } });
  expect(error?.message).toContain("HTTP+SSE");
  expect(new Set(server.keys)).toEqual(new Set(["Bearer key"]));
  expect(server.asked.every((request) => request.endsWith(" /sse"))).toBe(true);
});

test.each([
  ["arrives in pieces with CR LF line ends", [": hello\r\n\r", "\nevent: end", "point\r\ndata: /messages\r\n", "\r\n"]],
  ["puts its data first", ["data: /messages\nevent: endpoint\n\n"]],
  ["follows a retry field", ["retry: 1000\n\nevent:endpoint\ndata: /messages\n\n"]],
])("an endpoint event that %s is recognized", async (_what, chunks) => {
  const { error } = await connectTo(await startServer(405, stream(...chunks)));
  expect(error?.message).toContain("HTTP+SSE");
});

test.each<[string, Answer]>([
  ["a stream that begins with an event without a type", stream("data: hello\n\nevent: endpoint\ndata: /messages\n\n")],
  ["a stream that begins with another event", stream("event: hi\ndata: a\n\nevent: endpoint\ndata: /messages\n\n")],
  ["a silent stream", stream()],
  ["an endless stream of comments", stream(...Array.from({ length: 50 }, () => `: ${"x".repeat(1_000)}\n\n`))],
  ["an unfinished event", stream("event: endpoint\ndata: /messages\n")],
  [
    "a page",
    (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("event: endpoint\n\n"),
  ],
  ["a refusal", (_request, response) => response.writeHead(404).end()],
  [
    "a refusal that is a stream",
    (_request, response) => {
      response.writeHead(404, { "content-type": "text/event-stream" }).write("event: endpoint\ndata: /messages\n\n");
    },
  ],
  ["a redirect", (_request, response) => response.writeHead(302, { location: "/elsewhere" }).end()],
  ["a broken connection", (_request, response) => response.destroy()],
])("%s is not taken for HTTP+SSE, and the check ends in time", async (_what, get) => {
  const server = await startServer(405, get);
  const began = performance.now();
  const { state, error } = await connectTo({ ...server, limits: { connectTimeout: 5_000 } });
  expect(performance.now() - began).toBeLessThan(4_900);
  expect(state).toBe("FAILED");
  expect(error).toMatchObject({
    code: "NOT_MCP",
    message: `${server.host}/sse answered with HTTP status 405 instead of MCP`,
  });
  expect(server.asked.filter((request) => request.startsWith("GET"))).toEqual(["GET /sse"]);
  await expect.poll(() => server.open.size).toBe(0);
});

test("a stream that sends a lot without ending its first event is given up before the timeout", async () => {
  const flood: Answer = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const comment = Buffer.alloc(65_536, ": comment\n");
    const write = () => {
      while (!response.destroyed && response.write(comment));
    };
    response.on("drain", write);
    write();
  };
  const server = await startServer(405, flood);
  const began = performance.now();
  expect((await connectTo(server)).error?.message).toContain("HTTP status 405");
  expect(performance.now() - began).toBeLessThan(2_500);
  await expect.poll(() => server.open.size).toBe(0);
});

test("the HTTP+SSE check ends within the timeout of the handshake", async () => {
  const server = await startServer(405, stream());
  const began = performance.now();
  const { error } = await connectTo({ ...server, limits: { connectTimeout: 700 } });
  expect(performance.now() - began).toBeLessThan(2_500);
  expect(error?.code).toBe("CONNECT_TIMEOUT");
});

test.each([500, 503, 401, 403])("a refusal with %i does not start the HTTP+SSE check", async (status) => {
  const server = await startServer(status, speakHttpSse);
  await connectTo(server);
  expect(server.asked.filter((request) => request === "GET /sse")).toEqual([]);
});
