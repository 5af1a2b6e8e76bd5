import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { startLoopbackServer } from "@mcp-assistant/testing";
import { createMcpHandler, type McpRequestHandler } from "../src/index.js";

export interface EdgeApp {
  mcp: Mcp;
  /** Its baseUrl, where it also is. */
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

/** Our handler behind node:http, mounted for every method, with nothing before it. `baseUrl`: its own by default. */
export async function startEdgeApp(allowHosts: readonly string[] = [], baseUrl?: string): Promise<EdgeApp> {
  let handle: McpRequestHandler | undefined;
  const server = await startLoopbackServer(async (incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    const body = method === "GET" || method === "HEAD" ? {} : { body: Readable.toWeb(incoming), duplex: "half" };
    const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
    const response = await handle?.(new Request(server.origin + url, { method, headers: given, ...body }));
    outgoing.writeHead(response?.status ?? 500, [...(response?.headers ?? [])].flat());
    outgoing.end(Buffer.from((await response?.arrayBuffer()) ?? []));
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

/** A request as it is written here, with nothing added, resolved or left out, as no browser and no fetch sends it. */
export function send(origin: string, { method = "GET", path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    // Some methods usually have no body, and node:http does not say how long theirs is.
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

/** Headers by which another origin would be let in. */
export const permissionsIn = ({ headers }: Pick<RawAnswer, "headers">) =>
  Object.keys(headers).filter((name) => name.startsWith("access-control-"));
