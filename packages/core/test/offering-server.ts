import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server as LegacyServer } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";
import { onTestFinished } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";

type Result = Record<string, unknown>;
type Params = Record<string, unknown> | undefined;

/** What it answers to each method; an error is answered as one. */
export type Answers = Readonly<Record<string, (params: Params, signal: AbortSignal) => Result | Promise<Result>>>;

export interface Kind {
  era: "legacy" | "modern";
  as: "json" | "sse";
}

export const kinds: readonly Kind[] = [
  { era: "legacy", as: "json" },
  { era: "legacy", as: "sse" },
  { era: "modern", as: "json" },
  { era: "modern", as: "sse" },
];

const serverInfo = { name: "offering", version: "1.0.0" };
const all = { tools: {}, resources: {}, prompts: {}, completions: {} };

interface Options {
  capabilities?: Partial<typeof all>;
  options?: Partial<McpOptions>;
}

/** One of the protocol's own servers, connected, which answers what it is told to. */
export async function connectedToOffering(
  { era, as }: Kind,
  answers: Answers,
  { capabilities = all, options }: Options = {},
) {
  const requests: string[] = [];
  const reply = async ({ method, params }: { method: string; params?: unknown }, signal: AbortSignal) => {
    const all: Answers = { "tools/list": () => ({ tools: [] }), ...answers };
    const answer = all[method];
    if (!answer) throw Object.assign(new Error("Method not found"), { code: -32_601 });
    return (await answer(params as Params, signal)) as never;
  };
  const serve = era === "modern" ? serveModern : serveLegacy;
  const { answer, close } = serve({ as, capabilities, reply });
  const server = await startLoopbackServer(async (request, response) => {
    const body = request.method === "POST" ? ((await json(request)) as { method?: string }) : undefined;
    requests.push(body?.method ?? String(request.method));
    answer(request, response, body);
  });
  const mcp = appFor({ hosts: [server.host] }, options);
  onTestFinished(async () => {
    await mcp.close();
    await close();
    await server.close();
  });
  const url = `${server.origin}/mcp`;
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: url });
  return { url, mcp, user, sessionId, takeRequests: () => requests.splice(0) };
}

interface Served {
  as: Kind["as"];
  capabilities: object;
  reply: (request: { method: string; params?: unknown }, signal: AbortSignal) => Promise<never>;
}

interface Serving {
  answer: (request: IncomingMessage, response: ServerResponse, body: unknown) => void;
  close: () => Promise<void>;
}

function serveModern({ as, capabilities, reply }: Served): Serving {
  const handler = createMcpHandler(
    () => {
      const server = new Server(serverInfo, { capabilities });
      server.fallbackRequestHandler = (request, { mcpReq }) => reply(request, mcpReq.signal);
      return server;
    },
    // Without notifications before it, an answer is then a JSON document.
    { responseMode: as === "json" ? "auto" : as },
  );
  const answer = toNodeHandler(handler);
  return {
    answer: (request, response, body) =>
      void answer(Object.assign(request, { method: request.method ?? "GET", url: "/mcp" }), response, body),
    close: () => handler.close(),
  };
}

function serveLegacy({ as, capabilities, reply }: Served): Serving {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const begin = async () => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: as === "json",
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new LegacyServer(serverInfo, { capabilities });
    server.fallbackRequestHandler = (request, { signal }) => reply(request, signal);
    await server.connect(transport);
    return transport;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse, body: unknown) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    if (!known && (body as { method?: string })?.method !== "initialize") return void response.writeHead(400).end();
    await (known ?? (await begin())).handleRequest(request, response, body);
  };
  return {
    answer: (request, response, body) => void answer(request, response, body),
    close: async () => {
      for (const transport of sessions.values()) await transport.close();
    },
  };
}
