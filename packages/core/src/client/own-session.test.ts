import { text } from "node:stream/consumers";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { MCPClient, type MCPClientOptions, sessionStore } from "../index.js";
import { someUser } from "../samples.fixture.js";
import { startOwnSessions } from "./own-session.fixture.js";

const { modern, notes, open, clientOf, signingIn, close } = await startOwnSessions();
afterAll(close);

const noMethod = { code: -32601, message: "Method not found" };

describe("a client with a serverUrl", () => {
  test.each([["with"], ["without"]])("creates the session under exactly its id, made %s arguments", async (how) => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    const sessionId =
      how === "with" ? sessionStore.generateSessionId({ userId, serverUrl }) : sessionStore.generateSessionId();
    const client = clientOf({ userId, sessionId, serverUrl, serverName: "Toolbox", transportType: "sse" });
    await client.connect();
    expect(client.sessionId).toBe(sessionId);
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", serverName: "Toolbox" });
    expect((await client.listTools()).tools).toHaveLength(4);
    expect(await client.callTool("add", { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
    // From now on the ids alone are enough.
    expect(await clientOf({ userId, sessionId }).callTool("add", { a: 2, b: 2 })).toMatchObject({
      structuredContent: { sum: 4 },
    });
    expect(await sessionStore.get(userId, sessionId)).toMatchObject({ sessionId });
    expect(await sessionStore.list(userId)).toMatchObject([{ sessionId }]);
    await client.disconnect();
    await client.connect();
    expect(await mcp.forUser(userId).list()).toMatchObject([{ sessionId, state: "CONNECTED" }]);
    await sessionStore.remove(userId, sessionId);
    await expect(sessionStore.get(userId, sessionId)).rejects.toThrow(/^Session not found$/);
    expect(await sessionStore.list(userId)).toEqual([]);
  });

  test("ten clicks make one session, whether their ids are the same or not, and all clients use it", async () => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    const one = sessionStore.generateSessionId({ userId, serverUrl });
    const ids = Array.from({ length: 10 }, (_, n) =>
      n < 4 ? one : n < 7 ? sessionStore.generateSessionId({ userId, serverUrl }) : sessionStore.generateSessionId(),
    );
    const clients = ids.map((sessionId) => clientOf({ userId, sessionId, serverUrl }));
    await Promise.all(clients.map((client) => client.connect()));
    const [session, ...others] = await mcp.forUser(userId).list();
    expect(others).toEqual([]);
    expect(new Set(clients.map(({ sessionId }) => sessionId))).toEqual(new Set([session?.sessionId]));
    for (const client of clients) expect((await client.listTools()).tools).toHaveLength(4);
  });

  test("with another serverId, the same server has a second session", async () => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    for (const serverId of ["work", "home"]) {
      const sessionId = sessionStore.generateSessionId({ userId, serverUrl, serverId });
      await clientOf({ userId, sessionId, serverUrl, serverId }).connect();
      expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ serverId });
    }
    const other = sessionStore.generateSessionId({ userId, serverUrl: notes.url, serverId: "home" });
    const conflicting = clientOf({ userId, sessionId: other, serverUrl: notes.url, serverId: "home" });
    await expect(conflicting.connect()).rejects.toMatchObject({ code: "SESSION_CONFLICT" });
    expect(await mcp.forUser(userId).list()).toHaveLength(2);
  });

  test.each([
    ["address", () => ({ serverUrl: notes.url }), /uses a different address$/],
    ["serverId", () => ({ serverId: "home" }), /has a different serverId$/],
    ["address and serverId", () => ({ serverUrl: notes.url, serverId: "home" }), /uses a different address$/],
  ])("an id that is in use already is never overwritten with another %s", async (_what, other, message) => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    const sessionId = sessionStore.generateSessionId();
    await clientOf({ userId, sessionId, serverUrl }).connect();
    const before = await mcp.forUser(userId).get(sessionId);
    const again = clientOf({ userId, sessionId, serverUrl, ...other() });
    const conflict = { code: "SESSION_CONFLICT", message: expect.stringMatching(message) };
    await expect(again.connect()).rejects.toMatchObject(conflict);
    expect(await mcp.forUser(userId).list()).toEqual([before]);
  });

  test("a client whose session was made again under another id leaves the server's old protocol session", async () => {
    const asked: string[] = [];
    let opened = 0;
    const server = await startLoopbackServer(async (request, response) => {
      const body = await text(request);
      const { id, method } = body ? JSON.parse(body) : { id: undefined, method: request.method };
      asked.push(`${method} ${request.headers["mcp-session-id"] ?? "none"}`);
      const results: Record<string, unknown> = {
        initialize: {
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "a", version: "1" },
        },
        "tools/list": { tools: [{ name: "one", inputSchema: { type: "object" } }] },
        "tools/call": { content: [] },
      };
      const answered = { jsonrpc: "2.0", id, ...(results[method] ? { result: results[method] } : { error: noMethod }) };
      if (method === "initialize") response.setHeader("mcp-session-id", `session-${++opened}`);
      if (id === undefined) return void response.writeHead(request.method === "POST" ? 202 : 405).end();
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered));
    });
    onTestFinished(server.close);
    const mcp = open({}, [new URL(server.origin).host]);
    const [userId, serverUrl] = [someUser(), `${server.origin}/mcp`];
    const clients = [0, 1].map(() => clientOf({ userId, sessionId: sessionStore.generateSessionId(), serverUrl }));
    const [client, another] = clients;
    await client?.connect();
    await client?.callTool("one");
    await sessionStore.remove(userId, client?.sessionId ?? "");
    await another?.connect();
    await client?.connect();
    expect(client?.sessionId).toBe(another?.sessionId);
    asked.length = 0;
    await client?.callTool("one");
    const [session] = await mcp.forUser(userId).list();
    expect(session?.sessionId).toBe(client?.sessionId);
    expect(asked).toEqual([`tools/call session-${opened}`]);
  });

  test("a server that cannot be reached is reported as what it is, and the session stays for another try", async () => {
    const dead = await startModernServer();
    const mcp = open({}, dead.hosts);
    await dead.close();
    const { client, userId, sessionId } = signingIn({}, dead.url);
    await expect(client.connect()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "FAILED" });
  });

  test.each<[string, Partial<Record<keyof MCPClientOptions, unknown>>, string]>([
    ["a userId that is no text", { userId: {} }, "USER_ID_INVALID"],
    ["an empty userId", { userId: " " }, "USER_ID_INVALID"],
    ["no sessionId", { sessionId: undefined }, "INVALID_INPUT"],
    ["an empty sessionId", { sessionId: "" }, "INVALID_INPUT"],
    ["a sessionId that is no text", { sessionId: 7 }, "INVALID_INPUT"],
    ["a sessionId of another form", { sessionId: "session" }, "INVALID_INPUT"],
    ["a sessionId with a line break", { sessionId: `${"a".repeat(24)}\n` }, "INVALID_INPUT"],
    ["a sessionId with a pattern", { sessionId: `${"a".repeat(23)}*` }, "INVALID_INPUT"],
    ["a very long sessionId", { sessionId: `${"a".repeat(24)}.${"b".repeat(100_000)}` }, "INVALID_INPUT"],
    [
      "another user's sessionId",
      { sessionId: sessionStore.generateSessionId({ userId: "grace", serverUrl: "https://a.example" }) },
      "INVALID_INPUT",
    ],
    ["a serverUrl that is no text", { serverUrl: 7 }, "SERVER_URL_INVALID"],
    ["an empty serverUrl", { serverUrl: "" }, "SERVER_URL_INVALID"],
    ["a serverUrl of another scheme", { serverUrl: "file:///etc/passwd" }, "SERVER_URL_INVALID"],
    ["a serverUrl with a password", { serverUrl: "https://a:b@mcp.example.com" }, "SERVER_URL_INVALID"],
    ["a serverUrl on a private network", { serverUrl: "http://127.0.0.1:1/" }, "SERVER_URL_FORBIDDEN"],
    ["a serverId with other characters", { serverId: "a/b" }, "INVALID_INPUT"],
    ["a serverId that the sessionId does not have", { serverId: "other" }, "INVALID_INPUT"],
    ["a serverName that is no text", { serverName: {} }, "INVALID_INPUT"],
    ["a very long serverName", { serverName: "n".repeat(1_000) }, "INVALID_INPUT"],
    ["a callbackUrl that the app does not allow", { callbackUrl: "https://evil.example/" }, "INVALID_INPUT"],
    ["an unknown transportType", { transportType: "websocket" }, "INVALID_INPUT"],
  ])("%s is refused, and nothing is stored or dialled", async (_what, wrong, code) => {
    const mcp = open();
    const userId = someUser();
    const sessionId = sessionStore.generateSessionId({ userId, serverUrl: modern.url });
    modern.resetRequests();
    const options = { userId, sessionId, serverUrl: modern.url, ...wrong } as MCPClientOptions;
    await expect(clientOf(options).connect()).rejects.toMatchObject({ code });
    expect(modern.requests()).toEqual([]);
    expect(await mcp.forUser(userId).list()).toEqual([]);
  });

  test("an onRedirect that is no function is refused at once", () => {
    const make = () => new MCPClient({ userId: "ada", sessionId: "a", onRedirect: "https://a.example" as never });
    expect(make).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });
});
