import { randomUUID } from "node:crypto";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, type Implementation, McpServer, type ServerContext } from "@modelcontextprotocol/server";
import { onTestFinished } from "vitest";

/** A call of the tool `work`, as the server sees it. */
export interface WorkingCall {
  /** Aborts when the caller gives up. */
  signal: AbortSignal;
  /** What the request carries in `_meta`. */
  meta: Record<string, unknown>;
  progress(progress: unknown, more?: Record<string, unknown>): Promise<void>;
  notify(method: string, params: Record<string, unknown>): Promise<void>;
}

interface WorkingOptions {
  era: "legacy" | "modern";
  /** The form of its answers: by default JSON, unless a notification comes before. */
  as?: "json" | "sse" | undefined;
  work: (call: WorkingCall) => Promise<string>;
  info?: Implementation;
  instructions?: string;
}

/** A real MCP server with the tool `work`. That of the legacy era has transport sessions. */
export async function startWorkingServer({ era, as, work, info, instructions }: WorkingOptions) {
  const serve = () => {
    const mcp = new McpServer(info ?? { name: "works", version: "1.0.0" }, {
      capabilities: { logging: {} },
      ...(instructions === undefined ? {} : { instructions }),
    });
    mcp.registerTool("work", {}, async (context) => ({
      content: [{ type: "text", text: await work(callOf(context)) }],
    }));
    return mcp;
  };
  const form = as && era === "modern" ? { responseMode: as } : {};
  const modern = createMcpHandler(serve, { legacy: "reject", ...form });
  const handle = toNodeHandler(modern);
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const transportOf = async (id: string | undefined) => {
    const known = sessions.get(id ?? "");
    if (known) return known;
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: as === "json",
      onsessioninitialized: (made) => void sessions.set(made, transport),
    });
    await serve().connect(transport);
    return transport;
  };
  const server = await startLoopbackServer(async (request, response) => {
    if (era === "modern") {
      return void handle(Object.assign(request, { method: request.method ?? "", url: request.url ?? "" }), response);
    }
    const id = request.headers["mcp-session-id"];
    await (await transportOf(typeof id === "string" ? id : undefined)).handleRequest(request, response);
  });
  onTestFinished(async () => {
    await Promise.all([...sessions.values()].map((transport) => transport.close()));
    await modern.close();
    await server.close();
  });
  return { url: `${server.origin}/mcp`, host: server.host };
}

function callOf({ mcpReq: { signal, notify, _meta: meta = {} } }: ServerContext): WorkingCall {
  return {
    signal,
    meta,
    // What is sent may be no valid notification.
    notify: (method, params) => notify({ method, params } as never),
    progress: (progress, more) =>
      notify({
        method: "notifications/progress",
        params: { progressToken: meta.progressToken ?? "none", progress, ...more },
      } as never),
  };
}
