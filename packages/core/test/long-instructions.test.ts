import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";
import { MemoryDriver } from "../src/storage/memory/driver.js";
import { StoredValue } from "../src/values/stored-value.js";

const instructions = "x".repeat(61_440);
const complete = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

/** What a server says besides what one of the legacy era says. */
const additions = {
  legacy: { initialize: { instructions } },
  modern: {
    "server/discover": {
      ...{ ...complete, instructions, capabilities: { tools: {} }, supportedVersions: ["2026-07-28"] },
      serverInfo: { name: "long", version: "1.0.0" },
    },
    "tools/list": complete,
    "tools/call": complete,
  },
};

test.each(["legacy", "modern"] as const)(
  "long instructions are not kept, so calls do without a handshake (%s)",
  async (era) => {
    const methods: string[] = [];
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      if (request.method !== "POST") return void response.writeHead(405).end();
      const message = (await json(request)) as { id?: number; method: string };
      methods.push(message.method);
      const usual = Object(answerLegacyMcp(message, { name: "long", tools: ["one"] }));
      if (message.id === undefined) return void response.writeHead(202).end();
      const addition = Object.entries(additions[era]).find(([method]) => method === message.method)?.[1];
      const body = addition ? { jsonrpc: "2.0", id: message.id, result: { ...usual.result, ...addition } } : usual;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const server = await startLoopbackServer((request, response) => void answer(request, response));
    const storage = new MemoryDriver();
    const mcp = appFor({ hosts: [server.host] }, { storage });
    onTestFinished(async () => {
      await mcp.close();
      await server.close();
    });
    const userId = someUser();
    const user = mcp.forUser(userId);
    const { sessionId, state } = await user.connect({ serverUrl: `${server.origin}/mcp` });
    expect(state).toBe("CONNECTED");
    methods.length = 0;
    for (const _call of [1, 2])
      expect(await user.callTool(sessionId, "one")).toMatchObject({ content: [{ text: "one" }] });
    expect(methods).toEqual(["tools/call", "tools/call"]);
    const kept = await new StoredValue(storage, { user: userId }, { kind: "handshake", id: sessionId }).read();
    expect(kept?.length).toBeLessThan(2_000);
  },
);
