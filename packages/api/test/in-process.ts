import { createMcp, type McpOptions } from "@mcp-assistant/core";
import { createMcpHandler } from "../src/index.js";
import { encryptionKeys } from "./app.js";
import type { Channel } from "./secret-search.js";

/** Where the app of {@link openApp} believes to be. Nobody listens there. */
const origin = "http://127.0.0.1:9";

/** The handler in this process, and everything that it has answered. */
export function openApp(options: Partial<McpOptions>) {
  const mcp = createMcp({ baseUrl: origin, encryptionKeys, ...options });
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
    /** A page, as a browser with this cookie opens it. */
    get: async (name: string, url: string | URL, cookie: string) => {
      const { response, headers, text, keep } = await ask(url, { cookie });
      const location = response.headers.get("location") ?? "";
      const isOurs = location === "" || location.startsWith(origin);
      const setCookie = response.headers.get("set-cookie") ?? "";
      // The redirect to the authorization server carries the state, the cookie the nonce: that is what they are for.
      const kept = isOurs ? headers : headers.filter((header) => !/^(location|set-cookie):/.test(header));
      keep(`the page ${name}`, ...kept, text);
      return { status: response.status, location, text, setCookie };
    },
    /** A mutation. `kept`: whether its answer is nobody's but the user's, who asked for it. */
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
