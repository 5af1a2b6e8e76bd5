import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as legacy from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";

/** What the client asked for: the MCP method of a POST, otherwise that of HTTP. */
interface Asked {
  what: string;
  /** The resource, or the filter of `subscriptions/listen`. */
  uri?: string | undefined;
}

export interface ChangingServer {
  url: string;
  hosts: string[];
  /** Adds a tool, and says so on the standing streams. */
  addTool(): string;
  changeResources(): void;
  changePrompts(): void;
  updateResource(uri: string): void;
  /** How many standing streams are open at this moment. */
  streams(): number;
  /** How many were open at the same time, at most. */
  mostStreams(): number;
  takeRequests(): Asked[];
  /** Ends all standing streams. */
  breakStreams(): void;
  close(): Promise<void>;
}

/** Counts the answers that are open. */
class OpenStreams {
  readonly #open = new Set<ServerResponse>();
  most = 0;

  add(response: ServerResponse): void {
    this.#open.add(response);
    this.most = Math.max(this.most, this.#open.size);
    response.once("close", () => this.#open.delete(response));
  }

  get size(): number {
    return this.#open.size;
  }

  break(): void {
    for (const response of this.#open) response.destroy();
  }
}

interface Tools {
  names: string[];
}

const listed = ({ names }: Tools) => ({
  tools: names.map((name) => ({ name, inputSchema: { type: "object" as const } })),
});
const next = ({ names }: Tools) => {
  const name = `tool${names.length}`;
  names.push(name);
  return name;
};

export interface ChangingOptions {
  /** Whether the server tells of changes. */
  listChanged?: boolean;
  /** Whether it has standing streams. */
  isStanding?: boolean;
  /** Answers the GET for a standing stream in its place. */
  onGet?: (request: IncomingMessage, response: ServerResponse) => unknown;
  /** Whether it says with each list of its tools that they have changed. */
  echoes?: boolean;
}

/**
 * The protocol's own server of the legacy era whose tools grow. The tool `grow` adds one and says so `times` times, with
 * its own answer.
 */
export async function startChangingLegacy({
  listChanged = true,
  isStanding = true,
  onGet,
  echoes = false,
}: ChangingOptions = {}): Promise<ChangingServer> {
  const tools: Tools = { names: ["grow"] };
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: Server }>();
  const requests: Asked[] = [];
  const open = new OpenStreams();
  const begin = async () => {
    const server = legacyServer(tools, { listChanged, echoes });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { transport, server }),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    // Its types do not know `exactOptionalPropertyTypes`.
    await server.connect(transport as never);
    return transport;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const id = String(request.headers["mcp-session-id"]);
    const body = request.method === "POST" ? ((await json(request)) as LegacyMessage) : undefined;
    requests.push({ what: body?.method ?? String(request.method), uri: body?.params?.uri });
    const isFirst = body?.method === "initialize";
    const transport = isFirst ? await begin() : sessions.get(id)?.transport;
    if (!transport) return void response.writeHead(404).end();
    if (request.method === "GET" && !isStanding) return void response.writeHead(405).end();
    if (request.method === "GET") open.add(response);
    if (request.method === "GET" && onGet) return void onGet(request, response);
    return transport.handleRequest(request, response, body);
  };
  const http = await startLoopbackServer((request, response) => void answer(request, response));
  const all = (say: (server: Server) => Promise<void>) => {
    for (const { server } of sessions.values()) void say(server).catch(() => undefined);
  };
  return {
    url: `${http.origin}/mcp`,
    hosts: [http.host],
    addTool: () => {
      const name = next(tools);
      all((server) => server.sendToolListChanged());
      return name;
    },
    changeResources: () => all((server) => server.sendResourceListChanged()),
    changePrompts: () => all((server) => server.sendPromptListChanged()),
    updateResource: (uri) => all((server) => server.sendResourceUpdated({ uri })),
    streams: () => open.size,
    mostStreams: () => open.most,
    takeRequests: () => requests.splice(0),
    breakStreams: () => open.break(),
    close: () => http.close(),
  };
}

interface LegacyMessage {
  method: string;
  params?: { uri?: string };
}

function legacyServer(
  tools: Tools,
  { listChanged, echoes }: Pick<Required<ChangingOptions>, "listChanged" | "echoes">,
): Server {
  const capabilities = {
    tools: { listChanged },
    resources: { listChanged, subscribe: true },
    prompts: { listChanged },
  };
  const server = new Server({ name: "Changing", version: "1.0.0" }, { capabilities });
  server.setRequestHandler(legacy.ListToolsRequestSchema, async (_request, { sendNotification }) => {
    if (echoes) await sendNotification({ method: "notifications/tools/list_changed" });
    return listed(tools);
  });
  server.setRequestHandler(legacy.SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(legacy.UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(legacy.CallToolRequestSchema, async ({ params }, { sendNotification }) => {
    const { times = 1, list = "tools" } = params.arguments ?? {};
    next(tools);
    for (let count = 0; count < Number(times); count += 1) {
      for (const which of String(list).split(",")) {
        await sendNotification({ method: `notifications/${which}/list_changed` as "notifications/tools/list_changed" });
      }
    }
    return { content: [] };
  });
  return server;
}

/** The same of the modern era. What it says comes only on the streams of `subscriptions/listen`. */
export async function startChangingModern(): Promise<ChangingServer> {
  const tools: Tools = { names: ["grow"] };
  const requests: Asked[] = [];
  const open = new OpenStreams();
  const handler = createMcpHandler(() => {
    const capabilities = {
      tools: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      prompts: { listChanged: true },
    };
    const { server } = new McpServer({ name: "Changing", version: "1.0.0" }, { capabilities });
    server.setRequestHandler("tools/list", () => listed(tools));
    return server;
  });
  const answer = toNodeHandler(handler);
  const http = await startLoopbackServer((request, response) => {
    void json(request).then((body) => {
      const { method, params } = body as { method: string; params?: { notifications?: object } };
      requests.push({ what: method, uri: params?.notifications && JSON.stringify(params.notifications) });
      if (method === "subscriptions/listen") open.add(response);
      const given = Object.assign(request, { method: request.method ?? "GET", url: request.url ?? "/" });
      return answer(given, response, body);
    });
  });
  return {
    url: `${http.origin}/mcp`,
    hosts: [http.host],
    addTool: () => {
      const name = next(tools);
      handler.notify.toolsChanged();
      return name;
    },
    changeResources: () => handler.notify.resourcesChanged(),
    changePrompts: () => handler.notify.promptsChanged(),
    updateResource: (uri) => handler.notify.resourceUpdated(uri),
    streams: () => open.size,
    mostStreams: () => open.most,
    takeRequests: () => requests.splice(0),
    breakStreams: () => open.break(),
    close: async () => {
      await handler.close();
      await http.close();
    },
  };
}
