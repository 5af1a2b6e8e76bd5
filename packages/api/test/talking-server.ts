import { json } from "node:stream/consumers";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";

interface Message {
  id?: unknown;
  method: string;
  params?: { protocolVersion?: unknown; _meta?: { progressToken?: unknown } };
}

/**
 * A hand-written MCP server of the legacy era that offers everything, and says `words` wherever it says something. Its
 * standing stream tells of the resource `updated` as soon as the client asks for that.
 */
export async function startTalkingServer(words: (where: string) => string, updated: string) {
  let tell: (() => void) | undefined;
  const server = await startLoopbackServer(async (request, response) => {
    const events = () => response.writeHead(200, { "content-type": "text/event-stream" });
    const say = (message: object) => response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
    if (request.method === "GET") {
      events().flushHeaders();
      tell = () => void say({ method: "notifications/resources/updated", params: { uri: updated } });
      return;
    }
    if (request.method !== "POST") return void response.writeHead(200).end();
    const { id, method, params } = (await json(request)) as Message;
    if (id === undefined) return void response.writeHead(202).end();
    events();
    if (method === "tools/call") {
      const progressToken = params?._meta?.progressToken;
      say({ method: "notifications/progress", params: { progressToken, progress: 1, message: words("progress") } });
      say({ method: "notifications/message", params: { level: "error", data: words("log message") } });
    }
    say({ id, result: results(params?.protocolVersion, words)[method] ?? {} });
    response.end();
    if (method === "resources/subscribe") tell?.();
  });
  return { ...server, url: `${server.origin}/mcp` };
}

const results = (protocolVersion: unknown, words: (where: string) => string): Record<string, unknown> => ({
  initialize: {
    protocolVersion,
    capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
    serverInfo: { name: "talking", version: "1.0.0" },
    instructions: words("instructions"),
  },
  "tools/list": { tools: [{ name: "work", inputSchema: { type: "object" } }] },
  "tools/call": { content: [{ type: "text", text: words("tool result") }] },
  "resources/read": { contents: [{ uri: "x:a", text: words("resource") }] },
  "prompts/get": { messages: [{ role: "user", content: { type: "text", text: words("prompt message") } }] },
  "completion/complete": { completion: { values: [words("proposal")] } },
});
