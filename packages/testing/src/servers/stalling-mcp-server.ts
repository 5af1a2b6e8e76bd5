import type { IncomingMessage, ServerResponse } from "node:http";
import { answerLegacyMcp } from "./legacy-mcp.js";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

export interface StallingMcpServer extends LoopbackServer {
  /** Resolves when the first request of the stalling method has come. */
  stalled: Promise<void>;
  /** How many of them have come. */
  waiting(): number;
  /** From now on it answers everything. */
  release(): void;
}

/**
 * A hand-written MCP server of the legacy era that answers everything but leaves requests of `method` hanging until it
 * is released. It has the tool "wait".
 */
export async function startStallingMcpServer(
  method: "initialize" | "tools/list" | "tools/call",
): Promise<StallingMcpServer> {
  let stalls = true;
  let waiting = 0;
  let stall: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => {
    stall = resolve;
  });
  const server = await startLoopbackServer((request, response) => {
    answer(request, response, (called) => {
      if (called !== method || !stalls) return false;
      waiting += 1;
      stall();
      return true;
    }).catch(() => response.destroy());
  });
  const release = () => {
    stalls = false;
  };
  return { ...server, stalled, waiting: () => waiting, release };
}

async function answer(request: IncomingMessage, response: ServerResponse, stalls: (method: string) => boolean) {
  if (request.method !== "POST") return void response.writeHead(405).end();
  let body = "";
  for await (const chunk of request) body += chunk;
  const message = JSON.parse(body);
  if (stalls(message.method)) return;
  const answered = answerLegacyMcp(message, { name: "stalling", tools: ["wait"] });
  if (answered === undefined) return void response.writeHead(202).end();
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered));
}
