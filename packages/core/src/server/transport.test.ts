import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { callTool } from "./methods/tools.js";
import { connectTo } from "./talk.fixture.js";

const notification = (message: string) => ({
  method: "notifications/message",
  params: { level: "info", data: message },
});

/** A legacy server that sends notifications along with the answer to a call, in an event stream or in a JSON batch. */
async function startTalkativeServer({ as, count }: { as: "stream" | "batch"; count: number }) {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method } = (await json(request)) as { id?: number; method: string };
    if (id === undefined) return void response.writeHead(202).end();
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "a", version: "1" },
      },
      "tools/call": { content: [{ type: "text", text: "done" }] },
    };
    const result = results[method];
    const outcome = result ? { result } : { error: { code: -32601, message: "Method not found" } };
    const notifications =
      method === "tools/call" ? Array.from({ length: count }, (_, at) => notification(`${at}`)) : [];
    const messages = [...notifications, { id, ...outcome }].map((message) => ({ jsonrpc: "2.0", ...message }));
    if (as === "batch" || notifications.length === 0) {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify(messages.length === 1 ? messages[0] : messages));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join(""));
  };
  const server = await startLoopbackServer((request, response) => void answer(request, response));
  onTestFinished(server.close);
  return `${server.origin}/mcp`;
}

const tool = { name: "wait", inputSchema: { type: "object" } };
const done = { content: [{ type: "text", text: "done" }] };

test.each(["stream", "batch"] as const)(
  "notifications reach a listener in order, before the answer (%s)",
  async (as) => {
    const { server, transport } = await connectTo(await startTalkativeServer({ as, count: 3 }));
    const heard: unknown[] = [];
    transport.onNotification = (message) => heard.push(message);
    expect(await callTool(server, tool, {})).toEqual(done);
    expect(heard).toEqual(["0", "1", "2"].map((text) => ({ jsonrpc: "2.0", ...notification(text) })));
  },
);

test("without a listener, notifications are dropped and the call gets its answer", async () => {
  const { server } = await connectTo(await startTalkativeServer({ as: "stream", count: 3 }));
  expect(await callTool(server, tool, {})).toEqual(done);
});

test("a failing listener does not affect the answer", async () => {
  const { server, transport } = await connectTo(await startTalkativeServer({ as: "stream", count: 3 }));
  let calls = 0;
  transport.onNotification = () => {
    calls += 1;
    throw new Error("no");
  };
  expect(await callTool(server, tool, {})).toEqual(done);
  expect(calls).toBe(3);
});

test("notifications count against the limit on messages, so a listener cannot be flooded", async () => {
  const { server, transport } = await connectTo(await startTalkativeServer({ as: "stream", count: 5_000 }), {
    messages: 50,
  });
  let calls = 0;
  transport.onNotification = () => {
    calls += 1;
  };
  await expect(callTool(server, tool, {})).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringContaining("sent more than 50 messages in one answer"),
  });
  expect(calls).toBeLessThanOrEqual(60);
});
