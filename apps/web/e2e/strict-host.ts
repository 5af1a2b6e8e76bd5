import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createMcp, createMcpHandler, type Mcp } from "@mcp-assistant/mcp-redis/server";
import { freePort } from "@mcp-assistant/testkit/ports";

export interface StrictHost {
  /** On `localhost`, which is a different site from `127.0.0.1`, where the authorization server is. */
  origin: string;
  mcp: Mcp;
  /** The callbacks that arrived, with what the browser sent along. */
  callbacks: { hadUser: boolean; site: string | undefined }[];
  close(): Promise<void>;
}

const userOf = (cookies: string | null) => /(?:^|; )user=([^;]+)/.exec(cookies ?? "")?.[1] ?? null;

/**
 * Starts a small app that signs its users in at `/login?user=…`, with a SameSite=Strict session cookie as careful apps
 * use, and that only shows a link to sign in to a server.
 */
export async function startStrictHost(allowHosts: readonly string[]): Promise<StrictHost> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const mcp = createMcp({ storage: "memory", baseUrl: origin, outbound: { allowHosts } });
  const { GET } = createMcpHandler({ mcp, userId: ({ headers }) => userOf(headers.get("cookie")) });
  const callbacks: StrictHost["callbacks"] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    const user = userOf(request.headers.cookie ?? null);
    if (url.pathname === "/login") {
      const cookie = `user=${url.searchParams.get("user")}; Path=/; HttpOnly; SameSite=Strict`;
      response.writeHead(200, { "set-cookie": cookie }).end("Welcome");
    } else if (url.pathname.startsWith("/api/mcp/")) {
      const site = request.headers["sec-fetch-site"];
      if (/\/auth\/issuer\/[\w-]+$/.test(url.pathname))
        callbacks.push({ hadUser: user !== null, site: site?.toString() });
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]);
      const answer = await GET(new Request(url, { headers }));
      response.writeHead(answer.status, [...answer.headers].flat());
      response.end(await answer.text());
    } else {
      const links = user ? (await mcp.forUser(user).list()).map(({ authUrl, state }) => linkTo(authUrl, state)) : [];
      response.writeHead(200, { "content-type": "text/html" }).end(`<title>Host</title>${links.join("")}`);
    }
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    origin,
    mcp,
    callbacks,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await mcp.close();
    },
  };
}

const linkTo = (authUrl: string | null, state: string) =>
  authUrl ? `<a href="${authUrl}&amp;returnTo=/back%3Fhere">Sign in</a>` : `<p>${state}</p>`;
