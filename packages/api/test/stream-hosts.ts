import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import type { Mcp } from "@mcp-assistant/core";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { initTRPC } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { createMcpHandler, createMcpRouter, mcpErrorFormatter, mcpSseOptions } from "../src/index.js";

/** Returns the user who is signed in to the app at that moment. */
export type AskUser = () => string | null | Promise<string | null>;

export interface RunningHost {
  /** The address of the procedures. */
  url: string;
  close: () => Promise<void>;
}

export type StartHost = (mcp: Mcp, askUser: AskUser, sse?: Partial<typeof mcpSseOptions>) => Promise<RunningHost>;

/** A host's tRPC app with our procedures in it. */
export function hostRouter(mcp: Mcp, sse: Partial<typeof mcpSseOptions> = {}) {
  const t = initTRPC.context<{ askUser: AskUser }>().create({
    sse: { ...mcpSseOptions, ...sse },
    errorFormatter: mcpErrorFormatter,
    isDev: false,
  });
  return t.router({ mcp: createMcpRouter({ mcp, procedure: t.procedure, userId: ({ askUser }) => askUser() }) });
}

async function listening(listener: RequestListener, path: string): Promise<RunningHost> {
  const { origin, close } = await startLoopbackServer(listener);
  return { url: origin + path, close };
}

/** A fetch handler behind node:http. */
function nodeListener(handle: (request: Request) => Promise<Response>): RequestListener {
  return async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const response = await handle(
      new Request(`http://${incoming.headers.host}${incoming.url}`, {
        headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
        signal: gone.signal,
      }),
    );
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (!response.body) return void outgoing.end();
    Readable.fromWeb(response.body)
      .on("error", () => outgoing.destroy())
      .pipe(outgoing);
  };
}

export const startOurHandler: StartHost = (mcp, askUser) => {
  const { GET } = createMcpHandler({ mcp, userId: askUser });
  return listening(nodeListener(GET), "/api/mcp/trpc");
};

export const startStandalone: StartHost = (mcp, askUser, sse) => {
  const handler = createHTTPHandler({
    router: hostRouter(mcp, sse),
    createContext: () => ({ askUser }),
    basePath: "/trpc/",
  });
  return listening(handler, "/trpc");
};

const startExpress: StartHost = (mcp, askUser, sse) => {
  const app = express();
  app.use("/trpc", createExpressMiddleware({ router: hostRouter(mcp, sse), createContext: () => ({ askUser }) }));
  return listening(app, "/trpc");
};

const startFastify: StartHost = async (mcp, askUser, sse) => {
  const app = fastify({ forceCloseConnections: true });
  const router = hostRouter(mcp, sse);
  const trpcOptions: FastifyTRPCPluginOptions<typeof router>["trpcOptions"] = {
    router,
    createContext: () => ({ askUser }),
  };
  await app.register(fastifyTRPCPlugin, { prefix: "/trpc", trpcOptions });
  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url: `${origin}/trpc`, close: () => app.close() };
};

/** Hono with both: our procedures in its own tRPC app, and our handler. */
const startHono =
  (path: string): StartHost =>
  async (mcp, askUser, sse) => {
    const app = new Hono();
    const router = hostRouter(mcp, sse);
    const { GET } = createMcpHandler({ mcp, userId: askUser });
    app.get("/api/mcp/*", (context) => GET(context.req.raw));
    app.use("/trpc/*", (context) =>
      fetchRequestHandler({
        endpoint: "/trpc",
        req: context.req.raw,
        router,
        createContext: () => ({ askUser }),
      }),
    );
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0, createServer });
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    return { url: `http://127.0.0.1:${port}${path}`, close };
  };

export const hosts: readonly (readonly [name: string, start: StartHost])[] = [
  ["our handler behind node:http", startOurHandler],
  ["our handler in hono", startHono("/api/mcp/trpc")],
  ["a host's tRPC app by the standalone adapter", startStandalone],
  ["a host's tRPC app in express", startExpress],
  ["a host's tRPC app in fastify", startFastify],
  ["a host's tRPC app in hono", startHono("/trpc")],
];
