import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createSSEHandler } from "@mcp-assistant/api";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";

interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** An app over real HTTP, with connections to cut, and a proxy in front that can answer for it. */
export interface TestApp {
  mcp: Mcp;
  url: string;
  /** The user who is signed in to the app. */
  user: { id: string | null };
  /** What has been asked of the app. */
  asked: Asked[];
  /** Answers instead of the app, until it is undefined. */
  instead: ((response: ServerResponse, asked: Asked) => void) | undefined;
  /** Cuts every connection, even in the middle of an answer. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTestApp(allowHosts: readonly string[]): Promise<TestApp> {
  const user: TestApp["user"] = { id: `user-${crypto.randomUUID()}` };
  const asked: Asked[] = [];
  const open = new Set<ServerResponse>();
  let mcp: Mcp | undefined;
  const handler = createSSEHandler({
    userId: () => user.id,
    get mcp() {
      return mcp;
    },
  });
  const server = await startLoopbackServer((request, response) => {
    const { method = "", url = "", headers } = request;
    asked.push({ method, url, headers });
    open.add(response);
    response.once("close", () => open.delete(response));
    if (app.instead) app.instead(response, { method, url, headers });
    else void handler(request, response);
  });
  mcp = createMcp({ storage: "memory", baseUrl: server.origin, outbound: { allowHosts }, logger: null });
  const app: TestApp = {
    mcp,
    url: `${server.origin}/api/mcp/sse`,
    user,
    asked,
    instead: undefined,
    cut: () => {
      for (const response of open) response.destroy();
    },
    close: async () => {
      await server.close();
      await app.mcp.close();
    },
  };
  return app;
}
