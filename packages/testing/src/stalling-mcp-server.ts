import type { IncomingMessage, ServerResponse } from "node:http";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

export interface StallingMcpServer extends LoopbackServer {
  /** Resolves when the first request of the method at which it stalls has come. */
  stalled: Promise<void>;
}

/**
 * An MCP server of the legacy era, written by hand, that answers until a request of `method` comes, and leaves that one
 * hanging for ever.
 */
export async function startStallingMcpServer(method: "initialize" | "tools/list"): Promise<StallingMcpServer> {
  let stall: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => {
    stall = resolve;
  });
  const server = await startLoopbackServer((request, response) => {
    answer(request, response, (called) => {
      if (called !== method) return false;
      stall();
      return true;
    }).catch(() => response.destroy());
  });
  return { ...server, stalled };
}

async function answer(request: IncomingMessage, response: ServerResponse, stalls: (method: string) => boolean) {
  if (request.method !== "POST") return void response.writeHead(405).end();
  let body = "";
  for await (const chunk of request) body += chunk;
  const { id, method, params } = JSON.parse(body);
  if (stalls(method)) return;
  if (id === undefined) return void response.writeHead(202).end();
  const result =
    method === "initialize"
      ? {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "stalling", version: "1.0.0" },
        }
      : undefined;
  const message = result ? { result } : { error: { code: -32601, message: "Method not found" } };
  response
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", id, ...message }));
}
