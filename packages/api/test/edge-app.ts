import { request as httpRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { createMcpHandler, type McpRequestHandler } from "../src/index.js";

export interface EdgeApp {
  mcp: Mcp;
  /** Its baseUrl, and the address where it listens. */
  origin: string;
  /** `127.0.0.1:port` */
  host: string;
  close(): Promise<void>;
}

/** The app's own authentication: a cookie for browsers, a token for programs. */
function userOf({ headers }: Request): string | null {
  const [, user] = /(?:^|; )user=([^;]+)/.exec(headers.get("cookie") ?? "") ?? [];
  return user ?? /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

const notYet = async () => new Response("The app has not started yet", { status: 503 });

/** A body as a stream, chunk by chunk. */
function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Buffer> = incoming[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
  });
}

/** Our handler behind node:http, mounted for every method with nothing in front. `baseUrl`: default its own origin. */
export async function startEdgeApp(allowHosts: readonly string[] = [], baseUrl?: string): Promise<EdgeApp> {
  let handle: McpRequestHandler | undefined;
  const server = await startLoopbackServer(async (incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
    const hasBody = method !== "GET" && method !== "HEAD";
    const init: RequestInit & { duplex: "half" } = { method, headers: given, duplex: "half" };
    const request = new Request(server.origin + url, hasBody ? { ...init, body: streamOf(incoming) } : init);
    const response = await (handle ?? notYet)(request);
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  const mcp = createMcp({ storage: "memory", baseUrl: baseUrl ?? server.origin, outbound: { allowHosts } });
  handle = createMcpHandler({ mcp, userId: userOf }).GET;
  const close = async () => {
    await server.close();
    await mcp.close();
  };
  return { mcp, origin: server.origin, host: server.host, close };
}

export interface RawRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer | AsyncIterable<Buffer>;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends a request exactly as written: unlike a browser or fetch, it adds, resolves and drops nothing. */
export function send(origin: string, { method = "GET", path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    // For methods that usually have no body, node:http sends no length.
    const length =
      typeof body === "string" || Buffer.isBuffer(body) ? { "content-length": Buffer.byteLength(body) } : {};
    const options = { hostname, port, method, path, headers: { ...length, ...headers }, agent: false };
    const outgoing = httpRequest(options, async (response) => {
      let text = "";
      response.setEncoding("utf8");
      for await (const chunk of response) text += chunk;
      outgoing.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    outgoing.once("error", reject);
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) outgoing.end(body);
    else Readable.from(body).pipe(outgoing);
  });
}

/** The headers that would let another origin in. */
export const permissionsIn = ({ headers }: Pick<RawAnswer, "headers">) =>
  Object.keys(headers).filter((name) => name.startsWith("access-control-"));
