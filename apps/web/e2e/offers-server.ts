import type { ServerResponse } from "node:http";
import { type LoopbackServer, startLoopbackServer } from "@mcp-assistant/testing/servers";

interface Message {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown> & { _meta?: { progressToken?: unknown } };
}

export interface OffersServer extends LoopbackServer {
  url: string;
  /** Whether a client listens and has asked to hear of changes. */
  isFollowed(): boolean;
  /** Says that a resource has changed, to the client that follows it. */
  update(uri: string): void;
  /** Whether a call waits. */
  isCalled(): boolean;
  /** Sends progress of the call that waits. */
  report(progress: { progress: number; total?: number; message?: string }): void;
  /** Answers the call that waits. */
  finish(): void;
}

/**
 * A hand-written MCP server of the legacy era without a sign-in. It offers what `results` has: the result of each method,
 * or a part of it for `initialize`.
 * A call of its tool `wait` waits for `finish`.
 */
export async function startOffersServer(results: Readonly<Record<string, unknown>>): Promise<OffersServer> {
  let waiting: { response: ServerResponse; message: Message } | undefined;
  let followed = false;
  let standing: ServerResponse | undefined;
  const send = (response: ServerResponse, message: object) =>
    response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
  const server = await startLoopbackServer(async (request, response) => {
    if (request.method === "GET") {
      standing = response.writeHead(200, { "content-type": "text/event-stream" });
      return void response.flushHeaders();
    }
    if (request.method !== "POST") return void response.writeHead(405).end();
    let body = "";
    for await (const chunk of request) body += chunk;
    const message: Message = JSON.parse(body);
    const { id, method = "", params } = message;
    if (id === undefined) return void response.writeHead(202).end();
    if (method === "tools/call" && params?.name === "wait") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      waiting = { response, message };
      return;
    }
    if (method === "resources/subscribe") followed = true;
    const result = method === "initialize" ? handshake(params?.protocolVersion, results) : results[method];
    const outcome = result ? { result } : { error: { code: -32_601, message: "Method not found" } };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...outcome }));
  });
  return {
    ...server,
    url: `${server.origin}/mcp`,
    isFollowed: () => standing !== undefined && followed,
    update: (uri) => {
      if (!standing) throw new Error("No client listens");
      send(standing, { method: "notifications/resources/updated", params: { uri } });
    },
    isCalled: () => waiting !== undefined,
    report: (progress) => {
      if (!waiting) throw new Error("No call waits");
      const params = { progressToken: waiting.message.params?._meta?.progressToken, ...progress };
      send(waiting.response, { method: "notifications/progress", params });
    },
    finish: () => {
      if (!waiting) throw new Error("No call waits");
      send(waiting.response, { id: waiting.message.id, result: { content: [{ type: "text", text: "done" }] } });
      waiting.response.end();
      waiting = undefined;
    },
  };
}

function handshake(protocolVersion: unknown, results: Readonly<Record<string, unknown>>) {
  const offers = (method: string, capability: string) => (results[method] ? { [capability]: {} } : {});
  const own = results.initialize as object | undefined;
  const capabilities = {
    tools: {},
    ...(results["resources/list"] ? { resources: { subscribe: results["resources/subscribe"] !== undefined } } : {}),
    ...offers("prompts/list", "prompts"),
    ...offers("completion/complete", "completions"),
  };
  return { protocolVersion, capabilities, serverInfo: { name: "offers", version: "1.0.0" }, ...own };
}
