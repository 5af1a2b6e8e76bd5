import { createMcp, type McpOptions } from "@mcp-assistant/core";
import { createMcpHandler } from "../src/index.js";
import { encryptionKeys } from "./app.js";
import type { Channel } from "./secret-search.js";

/** The base URL of the app of {@link openApp}. Nothing listens there. */
const origin = "http://127.0.0.1:9";

/** The handler in this process, and all its answers. */
export function openApp(options: Partial<McpOptions>) {
  const mcp = createMcp({ baseUrl: origin, encryptionKeys, logger: null, ...options });
  const answers: Channel[] = [];
  const handler = createMcpHandler({
    mcp,
    userId: ({ headers }) => /(?:^|; )user=([^;]+)/.exec(headers.get("cookie") ?? "")?.[1] ?? null,
  });
  const ask = async (url: string | URL, init: RequestInit & { cookie: string }) => {
    const request = new Request(new URL(url, origin), {
      ...init,
      headers: { origin, cookie: init.cookie, "content-type": "application/json" },
    });
    const response = await handler[request.method === "POST" ? "POST" : "GET"](request);
    const text = await response.text();
    const headers = [...response.headers].map((header) => header.join(": "));
    return {
      response,
      headers,
      text,
      keep: (name: string, ...parts: string[]) => answers.push({ name, text: parts.join("\n") }),
    };
  };
  return {
    mcp,
    answers,
    /** Opens a page as a browser with this cookie. */
    get: async (name: string, url: string | URL, cookie: string) => {
      const { response, headers, text, keep } = await ask(url, { cookie });
      const location = response.headers.get("location") ?? "";
      const isOurs = location === "" || location.startsWith(origin);
      const setCookie = response.headers.get("set-cookie") ?? "";
      // The redirect to the authorization server must carry the state, and the cookie the nonce.
      const kept = isOurs ? headers : headers.filter((header) => !/^(location|set-cookie):/.test(header));
      keep(`the page ${name}`, ...kept, text);
      return { status: response.status, location, text, setCookie };
    },
    /** Sends a mutation. `own`: whether its answer may hold the user's own secrets. Then only its headers are kept. */
    call: async (user: string, path: string, input: unknown, { own = false } = {}) => {
      const url = `/api/mcp/trpc/mcp.${path}`;
      const { headers, text, keep } = await ask(url, {
        method: "POST",
        body: JSON.stringify(input),
        cookie: `user=${user}`,
      });
      if (own) keep(`the headers of ${path}`, ...headers);
      else keep(`the answer of ${path}`, ...headers, text);
      return text;
    },
  };
}
