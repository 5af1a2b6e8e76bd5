import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { startCanary } from "../servers/canary.js";
import { startLoopbackServer } from "../servers/loopback-server.js";
import type { McpLies, McpRequestKind } from "./mcp-lies.js";
import { sendLie } from "./send-lie.js";
import { type McpRequest, truthOf } from "./truth.js";

export interface HostileMcpServer {
  /** `http://127.0.0.1:port/mcp` */
  url: string;
  /** `127.0.0.1:port` */
  host: string;
  /** Another origin on this machine that no client may be led to: `http://127.0.0.1:port`. */
  canary: string;
  /** How many connections the canary got. */
  ledAstray(): number;
  /** From now on it tells only these lies. Without an argument it is honest. */
  lie(lies?: McpLies): void;
  /** From now on it knows none of its sessions so far (`Mcp-Session-Id`, legacy era). */
  forgetSessions(): void;
  /** The kinds of all requests so far, oldest first: a POST's method or `reply`, `resume` for a GET, or `DELETE`. */
  requests(): readonly string[];
  resetRequests(): void;
  /** The number of sockets that are open now. */
  openConnections(): number;
  /** The number of answers that neither side has ended. */
  openStreams(): number;
  close(): Promise<void>;
}

/**
 * An MCP server without a sign-in, of the legacy or the modern era, on a free port of 127.0.0.1, to test what a client
 * must withstand. It behaves well except where it is told to lie.
 *
 * ```ts
 * const server = await startHostileMcpServer();
 * server.lie({ answers: { "tools/call": { kind: "flood", as: "stream", bytes: 150_000_000 } } });
 * ```
 */
export async function startHostileMcpServer({
  era = "legacy",
}: {
  era?: "legacy" | "modern";
} = {}): Promise<HostileMcpServer> {
  let lies: McpLies = {};
  let requests: string[] = [];
  let session = 0;
  const sockets = new Set<Socket>();
  const streams = new Set<ServerResponse>();
  const canary = await startCanary();
  const server = await startLoopbackServer((request, response) => {
    watch(request.socket);
    answer(request, response).catch(() => response.destroy());
  });

  function watch(socket: Socket): void {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await readRequest(request);
    if (!asked) return void response.writeHead(405).end();
    const { "mcp-session-id": known = `${session}` } = request.headers;
    if (known !== `${session}`) return void response.writeHead(404).end();
    requests.push(asked.kind);
    if (era === "legacy") response.setHeader("mcp-session-id", `${session}`);
    const isAside = isAsideOf(asked);
    const lie = lies.answers?.[isAside ? "aside" : (asked.kind as McpRequestKind)];
    if (isAside && !lie) return void response.writeHead(asked.kind === "DELETE" ? 405 : 202).end();
    streams.add(response);
    response.once("close", () => streams.delete(response));
    const truth = truthOf(asked, { era, lies });
    if (lie) return sendLie(response, lie, { asked, truth });
    if (lies.delay) await pause(Math.random() * lies.delay);
    const text = JSON.stringify(truth);
    const type = lies.streams ? "text/event-stream" : "application/json";
    const status = asked.kind === "resume" ? 405 : 200;
    response.writeHead(status, STATUS_CODES[status], { "content-type": type });
    response.end(lies.streams ? `data: ${text}\n\n` : text);
  }

  return {
    url: `${server.origin}/mcp`,
    host: server.host,
    canary: `http://127.0.0.1:${canary.port}`,
    ledAstray: () => canary.hits(),
    lie: (next = {}) => {
      lies = next;
    },
    forgetSessions: () => {
      session += 1;
    },
    requests: () => requests,
    resetRequests: () => {
      requests = [];
    },
    openConnections: () => sockets.size,
    openStreams: () => streams.size,
    close: async () => {
      await Promise.all([server.close(), canary.close()]);
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<McpRequest | undefined> {
  if (request.method === "GET" && request.headers["last-event-id"] !== undefined) return { kind: "resume" };
  if (request.method === "DELETE") return { kind: "DELETE" };
  if (request.method !== "POST") return undefined;
  let body = "";
  for await (const chunk of request) body += chunk;
  const { id, method, params } = JSON.parse(body);
  return { kind: method ?? "reply", id, params };
}

const isAsideOf = ({ kind, id }: McpRequest) => kind !== "resume" && (id === undefined || kind === "reply");
