import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { createMcpHandler, type McpRequestHandler } from "@mcp-assistant/api";
import { createMcp, type Limits, type Mcp } from "@mcp-assistant/core";
import { EventSource } from "eventsource";
import { vi } from "vitest";
import type { Backend } from "./backend/backend.js";
import { createTrpcBackend } from "./backend/trpc-backend.js";
import { ConnectionsStore } from "./store/connections-store.js";
import type { Network } from "./stream/network.js";
import type { PageListeners } from "./stream/page-visits.js";
import { createUserStream } from "./stream/tabs/create-user-stream.js";
import type { Tabs } from "./stream/tabs/tabs.js";
import type { UserStream } from "./stream/user-stream.js";

/** The whole app over real HTTP: our handler with memory storage, with connections to cut and a proxy to take down. */
export interface TestApp {
  mcp: Mcp;
  origin: string;
  /** The user who is signed in to the app. */
  user: { id: string | null };
  /** The event streams requested so far, with the id that each resumed from. */
  streams: { lastEventId: string | null }[];
  /** How many streams are open. */
  openStreams: number;
  /** Cuts every connection, even in the middle of an answer. */
  cut(): void;
  /** Whether every request gets a 502, as from a proxy during a deploy. */
  down: boolean;
  close(): Promise<void>;
}

export interface TestAppOptions {
  allowHosts?: readonly string[];
  limits?: Partial<Limits>;
}

export async function startApp({ allowHosts = [], limits = {} }: TestAppOptions = {}): Promise<TestApp> {
  const user: TestApp["user"] = { id: crypto.randomUUID() };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (app.down) {
      response.writeHead(502).end("<h1>Bad gateway</h1>");
      return;
    }
    const { searchParams, pathname } = new URL(request.url ?? "/", app.origin);
    if (pathname.endsWith("/mcp.events.subscribe")) {
      const input: unknown = JSON.parse(searchParams.get("input") ?? "{}");
      const asked = typeof input === "object" && input && "lastEventId" in input ? String(input.lastEventId) : null;
      app.streams.push({ lastEventId: request.headers["last-event-id"]?.toString() ?? asked });
      app.openStreams += 1;
      response.on("close", () => {
        app.openStreams -= 1;
      });
    }
    void serve(request, response, handler[request.method === "GET" ? "GET" : "POST"], app.origin);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mcp = createMcp({ storage: "memory", baseUrl: origin, outbound: { allowHosts }, limits, logger: null });
  const handler = createMcpHandler({ mcp, userId: () => user.id });
  const app: TestApp = {
    mcp,
    origin,
    user,
    streams: [],
    openStreams: 0,
    down: false,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      server.close();
      app.cut();
      await mcp.close();
    },
  };
  return app;
}

/** Makes every new stream fail, until `mockRestore`. */
export function failStreams({ mcp }: Pick<TestApp, "mcp">, error: Error) {
  const forUser = mcp.forUser;
  return vi
    .spyOn(mcp, "forUser")
    .mockImplementation((id) => ({ ...forUser(id), subscribe: () => Promise.reject(error) }));
}

async function serve(request: IncomingMessage, response: ServerResponse, handle: McpRequestHandler, origin: string) {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const body =
    request.method === "GET"
      ? null
      : new Uint8Array(await new Response(Readable.toWeb(request) as ReadableStream).arrayBuffer());
  const answer = await handle(
    new Request(new URL(request.url ?? "/", origin), {
      method: request.method ?? "GET",
      headers,
      body,
      signal: gone.signal,
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (!answer.body) {
    response.end();
    return;
  }
  const reader = answer.body.getReader();
  gone.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) response.write(chunk.value);
  response.end();
}

/** What a page creates. */
export interface TestBrowser {
  backend: Backend;
  store: ConnectionsStore;
  stream: UserStream;
  /** Acts as the page's visitor. */
  page: PageListeners;
}

interface TestBrowserOptions {
  /** What is known so far. Default: nothing. */
  store?: ConnectionsStore;
  network?: Network;
  /** How it reaches the app. Default: the app's tRPC procedures. */
  backend?: Backend;
  /** What it shares with other tabs. Default: it has its own stream. */
  tabs?: Tabs;
}

export function createBrowser(app: TestApp, options: TestBrowserOptions = {}): TestBrowser {
  const { store = new ConnectionsStore(), network = alwaysOnline, tabs } = options;
  const { backend = createTrpcBackend({ url: `${app.origin}/api/mcp/trpc`, EventSource }) } = options;
  let listeners: PageListeners | undefined;
  const visits = {
    subscribe: (present: PageListeners) => {
      listeners = present;
      return () => {
        listeners = undefined;
      };
    },
  };
  const page = {
    seen: () => listeners?.seen(),
    left: () => listeners?.left(),
    restored: () => listeners?.restored(),
  };
  return { backend, store, page, stream: createUserStream({ backend, store, network, visits, tabs }) };
}

const alwaysOnline: Network = { online: () => true, subscribe: () => () => undefined };
