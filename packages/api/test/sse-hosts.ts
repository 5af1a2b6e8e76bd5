import type { IncomingMessage, RequestListener } from "node:http";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import type { McpRpcRequest, McpRpcResponse } from "@mcp-assistant/protocol";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import express from "express";
import { createSSEHandler, type SSEHandler, type SSEHandlerOptions } from "../src/index.js";
import type { Frame } from "./raw-stream.js";

export interface SseHost {
  origin: string;
  /** The address of the handler. */
  url: string;
  close: () => Promise<void>;
}

type Start = (options: SSEHandlerOptions) => Promise<SseHost>;

async function listening(listener: RequestListener, path: string): Promise<SseHost> {
  const { origin, close } = await startLoopbackServer(listener);
  return { origin, url: origin + path, close };
}

const startWholeServer: Start = (options) => listening(createSSEHandler(options), "/api/mcp/sse");

/** Express with a body parser in front, which has read the body before the handler gets it. */
const startExpress: Start = (options) => {
  const app = express();
  app.use(express.json());
  app.get("/mcp/sse", (req, res) => void createSSEHandler(options)(req, res));
  app.post("/mcp/sse", createSSEHandler(options));
  return listening(app, "/mcp/sse");
};

/** What Next.js's pages router does: it parses the query and the body, and waits for the handler. */
const startPages: Start = (options) => {
  async function page(req: IncomingMessage, res: Parameters<RequestListener>[1]) {
    const { searchParams } = new URL(req.url ?? "/", "http://localhost");
    Object.assign(req, { query: Object.fromEntries(searchParams), cookies: {} });
    if (req.method === "POST") Object.assign(req, { body: await json(req).catch(() => "not JSON") });
    await createSSEHandler(options)(req, res);
  }
  return listening((req, res) => void page(req, res), "/api/mcp/sse");
};

/** A route of Next.js's app router whose response is made of three functions. */
function bareRoute(handler: SSEHandler, forward: { signal: boolean } = { signal: true }) {
  return async (request: Request): Promise<Response> => {
    const body = request.method === "POST" ? await request.json().catch(() => "not JSON") : undefined;
    const { url, method, headers } = request;
    const asked = forward.signal ? request : new Request(url, { method, headers });
    const stream = new ReadableStream({
      start(controller) {
        const write = (data: string) => controller.enqueue(new TextEncoder().encode(data));
        void handler(asked, { writeHead: () => undefined, write, end: () => controller.close() }, body);
      },
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
  };
}

const startBare =
  (forward: { signal: boolean }): Start =>
  (options) => {
    const route = bareRoute(createSSEHandler(options), forward);
    return listening(async (incoming, outgoing) => {
      const gone = new AbortController();
      outgoing.once("close", () => gone.abort());
      const response = await route(
        new Request(`http://${incoming.headers.host}${incoming.url}`, {
          method: incoming.method ?? "GET",
          headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
          signal: gone.signal,
          ...(incoming.method === "POST" ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" } : {}),
        } as RequestInit),
      );
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      if (!response.body) return void outgoing.end();
      const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
      outgoing.once("close", () => body.destroy());
      body.on("error", () => outgoing.destroy()).pipe(outgoing);
    }, "/api/mcp/sse");
  };

/** `keepsStatus`: whether the host sends the status that the handler writes. */
export const sseHosts: readonly (readonly [name: string, start: Start, host: { keepsStatus: boolean }])[] = [
  ["node:http as the whole server", startWholeServer, { keepsStatus: true }],
  ["Express behind a body parser", startExpress, { keepsStatus: true }],
  ["Next.js's pages router", startPages, { keepsStatus: true }],
  ["three functions and a signal", startBare({ signal: true }), { keepsStatus: false }],
  ["three functions alone", startBare({ signal: false }), { keepsStatus: false }],
];

/** Sends a request as the app's own page, and returns the answer. */
export async function rpc(
  url: string,
  request: McpRpcRequest,
  headers: Record<string, string> = {},
): Promise<McpRpcResponse> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(request),
  });
  return response.json() as Promise<McpRpcResponse>;
}

export const isErrorFrame = ({ event }: Frame) => event === "error";
