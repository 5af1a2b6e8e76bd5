import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { createMcp, createMcpHandler, type Mcp } from "@mcp-assistant/mcp-redis/server";
import { freePort } from "@mcp-assistant/testkit/ports";
import { rolldown } from "rolldown";

export interface HooksHost {
  /** Opens the page of a file in `hooks/`, for a server that the user may connect to. */
  pageOf(name: string, serverUrl: string): string;
  mcp: Mcp;
  /** The paths and queries of all requests so far, each with the method of an `McpRpcRequest`. */
  requests: string[];
  /** Whether the users are signed in. */
  signedIn: boolean;
  /** Ends all connections, and with them the event streams. */
  cut(): void;
  close(): Promise<void>;
}

const markup =
  '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/page.js"></script>';

/** A small app that knows its users by bearer tokens alone, and serves pages with hooks. */
export async function startHooksHost(allowHosts: readonly string[]): Promise<HooksHost> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const mcp = createMcp({ storage: "memory", baseUrl: origin, outbound: { allowHosts } });
  const handler = createMcpHandler({
    mcp,
    userId: ({ headers }) => {
      const [, user = null] = /^Bearer token-of-(\w+)$/.exec(headers.get("authorization") ?? "") ?? [];
      return host.signedIn ? user : null;
    },
  });
  const scripts = new Map<string, Promise<Map<string, string>>>();
  const scriptsOf = (name: string) => {
    const made = scripts.get(name) ?? bundle(name);
    scripts.set(name, made);
    return made;
  };
  let shown = "";

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    if (url.pathname.startsWith("/api/mcp/")) {
      await answer(request, response, url);
    } else if (url.pathname.endsWith(".js")) {
      const script = (await scriptsOf(shown)).get(url.pathname.slice(1));
      response.writeHead(script ? 200 : 404, { "content-type": "text/javascript" }).end(script);
    } else {
      shown = url.pathname.slice(1);
      await scriptsOf(shown);
      response.writeHead(200, { "content-type": "text/html" }).end(markup);
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]);
    const isPost = request.method === "POST";
    const body = isPost ? await new Response(Readable.toWeb(request) as ReadableStream).text() : null;
    const { method = "" } = body ? JSON.parse(body) : {};
    host.requests.push(`${url.pathname}${url.search} ${method}`);
    const asked = new Request(url, { method: isPost ? "POST" : "GET", headers, body, signal: gone.signal });
    const answered = await handler[isPost ? "POST" : "GET"](asked);
    response.writeHead(answered.status, [...answered.headers].flat());
    if (!answered.body) return void response.end();
    for await (const chunk of Readable.fromWeb(answered.body as never)) response.write(chunk);
    response.end();
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const host: HooksHost = {
    pageOf: (name, serverUrl) => `${origin}/${name}?server=${encodeURIComponent(serverUrl)}`,
    mcp,
    requests: [],
    signedIn: true,
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await mcp.close();
    },
  };
  return host;
}

/** The scripts of a page in `hooks/`, by file name. */
async function bundle(name: string): Promise<Map<string, string>> {
  const build = await rolldown({
    input: { page: new URL(`hooks/${name}.tsx`, import.meta.url).pathname },
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"development"' }, jsx: "react-jsx" },
    logLevel: "silent",
  });
  const { output } = await build.generate({ format: "esm" });
  return new Map(output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file.code] as const] : [])));
}
