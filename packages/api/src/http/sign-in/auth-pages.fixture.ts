import { randomUUID } from "node:crypto";
import { createMcp, type McpOptions } from "@mcp-assistant/core";
import type { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { createMcpHandler } from "../create-mcp-handler.js";

export const baseUrl = "http://127.0.0.1:3000";

type Notes = Awaited<ReturnType<typeof startOauthServer>>;

/**
 * An app whose users sign in to "Demo notes", without a socket of its own. The cookie `user` names the user: this is
 * the tests' own authentication.
 */
export function appWith(notes: Pick<Notes, "hosts"> & Partial<Pick<Notes, "url">>, options: Partial<McpOptions> = {}) {
  const origin = options.baseUrl ?? baseUrl;
  const user = `user-${randomUUID()}`;
  const mcp = createMcp({
    storage: "memory",
    baseUrl: origin,
    outbound: { allowHosts: notes.hosts },
    logger: null,
    ...options,
  });
  const userId = ({ headers }: Request) => /(?:^|; )user=([^;]+)/.exec(headers.get("cookie") ?? "")?.[1] ?? null;
  const { GET, POST } = createMcpHandler({ mcp, userId });
  const get = (url: string | URL, headers: Record<string, string> = {}) =>
    GET(
      new Request(new URL(url, origin), {
        headers: { host: new URL(origin).host, cookie: `user=${user}`, ...headers },
      }),
    );

  /** Makes a connection that waits for its sign-in. */
  async function connecting() {
    const { sessionId, authUrl } = await mcp.forUser(user).connect({ serverUrl: notes.url ?? "", serverName: "Notes" });
    return { sessionId, authUrl: authUrl ?? "" };
  }

  /** Visits our start page. Returns the address of the consent page and the browser's cookies. */
  async function visitStart(authUrl: string | URL, cookies = `user=${user}`) {
    const started = await get(authUrl, { cookie: cookies });
    const setCookie = started.headers.getSetCookie().at(-1) ?? "";
    const consent = started.headers.get("location") ?? "";
    return { started, setCookie, consent, cookie: `${cookies}; ${setCookie.split(";")[0]}` };
  }

  async function signingIn() {
    const connection = await connecting();
    return { ...connection, ...(await visitStart(connection.authUrl)) };
  }

  /** Follows a callback to its last page, in a browser with these cookies. */
  async function endOf(callback: string | URL, cookie: string) {
    const back = await get(callback, { cookie });
    const location = back.headers.get("location") ?? "";
    const page = await get(location, { cookie });
    return { back, location, status: page.status, text: await page.text() };
  }

  return { mcp, get, POST, user, connecting, visitStart, signingIn, endOf };
}

export const tokenRequests = (notes: Notes) => notes.requests().filter(({ path }) => path === "/token");
