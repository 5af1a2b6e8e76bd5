import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "./authorization/sign-in/sign-in.fixture.js";
import { ConfigurationError, createMcp, defaultMcp, MCPClient } from "./index.js";
import type { McpOptions } from "./options/options.js";
import { someUser } from "./samples.fixture.js";

let modern: DemoServer;

beforeEach(async () => {
  modern = await startModernServer();
});
afterEach(() => modern.close());

function open(options: Partial<McpOptions> = {}) {
  const mcp = appFor(modern, options);
  onTestFinished(() => mcp.close());
  return mcp;
}

async function connected(options: Partial<McpOptions> = {}) {
  const mcp = open(options);
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url });
  return { mcp, session: { userId, sessionId } };
}

const three = { structuredContent: { sum: 3 } };

async function add(client: MCPClient) {
  onTestFinished(() => client.close());
  return client.callTool("add", { a: 1, b: 2 });
}

test("a client needs only a user and a session when the process has one open mcp", async () => {
  const { session } = await connected();
  const client = new MCPClient(session);
  expect(await add(client)).toMatchObject(three);
  expect((await client.listTools()).tools).toHaveLength(4);
  await client.disconnect();
  await expect(client.callTool("add")).rejects.toMatchObject({ code: "NOT_CONNECTED" });
});

test("when several mcps are open, a client uses the one it is given and never guesses", async () => {
  const { mcp, session } = await connected();
  const other = open({ baseUrl: "http://127.0.0.1:10" });
  await expect(new MCPClient(session).connect()).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    message: "This process has more than one open createMcp",
    hint: expect.stringContaining("new MCPClient({ userId, sessionId, mcp })"),
  });
  expect(await add(new MCPClient({ ...session, mcp }))).toMatchObject(three);
  await other.close();
  expect(await add(new MCPClient(session))).toMatchObject(three);
});

test("two evaluations of the same createMcp, as bundles cause them, count as one", async () => {
  const { session } = await connected();
  open();
  expect(await add(new MCPClient(session))).toMatchObject(three);
});

test.each([
  [{ host: "127.0.0.1", port: 1 }, { host: "127.0.0.1", port: 1 }, true],
  [{ host: "127.0.0.1", port: 1 }, { host: "127.0.0.1", port: 2 }, false],
  ["redis://127.0.0.1:1", "redis://127.0.0.1:1", true],
  ["redis://127.0.0.1:1", "memory", false],
] as const)("with the storages %j and %j open, a default one is chosen: %s", (one, other, isSame) => {
  const encryptionKeys = "none";
  for (const storage of [one, other]) open({ storage, encryptionKeys });
  if (isSame) expect(defaultMcp()).toHaveProperty("forUser");
  else expect(defaultMcp).toThrow(ConfigurationError);
});

test("when no mcp is open and the environment names no Redis, the error says what to set or call", async () => {
  const { mcp, session } = await connected();
  await mcp.close();
  await expect(new MCPClient(session).listTools()).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    message: expect.stringContaining("REDIS_URL is not set"),
    hint: expect.stringContaining("call createMcp({"),
  });
});

test.each([[null], ["memory"], [{}], [{ close: async () => undefined }], [7]])(
  "an mcp that createMcp did not return is refused: %j",
  async (mcp) => {
    const { session } = await connected();
    expect(() => new MCPClient({ ...session, mcp: mcp as never })).toThrow(
      expect.objectContaining({ message: "`mcp` was not returned by createMcp" }),
    );
  },
);

test("making a client reads nothing; a missing option is reported as by every other method", async () => {
  const mcp = createMcp({ storage: undefined, baseUrl: "http://127.0.0.1:9" });
  onTestFinished(() => mcp.close());
  await expect(new MCPClient({ userId: "ada", sessionId: "a" }).connect()).rejects.toThrow(/"storage" is missing/);
});

test("a client of one copy of the package works with the mcp of another", async () => {
  const { mcp, session } = await connected();
  vi.resetModules();
  const copy = await import("./index.js");
  expect(copy.MCPClient).not.toBe(MCPClient);
  expect(await add(new copy.MCPClient(session))).toMatchObject(three);
  expect(await add(new copy.MCPClient({ ...session, mcp }))).toMatchObject(three);
  const stranger = new copy.MCPClient({ ...session, userId: someUser() });
  await expect(stranger.callTool("add")).rejects.toBeInstanceOf(copy.SessionNotFoundError);
});

test("a session that the user disconnects while its tools are being listed again gets no call", async () => {
  const server = await startHostileMcpServer({ era: "legacy" });
  onTestFinished(server.close);
  const mcp = appFor({ hosts: [server.host] });
  onTestFinished(() => mcp.close());
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  server.lie({
    tools: [{ name: "new" }],
    answers: { "tools/list": { kind: "drip", as: "json", from: "body", every: 10 } },
  });
  server.resetRequests();
  const client = mcp.forUser(userId).client(sessionId);
  onTestFinished(() => client.close());
  const outcome = client.callTool("new").catch(({ code }) => code);
  await expect.poll(() => server.requests()).toContain("tools/list");
  await mcp.forUser(userId).disconnect(sessionId);
  expect(await outcome).toBe("NOT_CONNECTED");
  expect(server.requests()).not.toContain("tools/call");
});

test("another user's session does not exist for any method of a client", async () => {
  const { mcp, session } = await connected();
  modern.resetRequests();
  const client = new MCPClient({ ...session, userId: someUser() });
  for (const ask of [client.connect(), client.listTools(), client.callTool("add"), client.disconnect()]) {
    await expect(ask).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  }
  expect(modern.requests()).toEqual([]);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
});

test.each([
  ["", "SESSION_NOT_FOUND"],
  ["nothing", "SESSION_NOT_FOUND"],
  ["a".repeat(100_000), "SESSION_NOT_FOUND"],
  ["*", "SESSION_NOT_FOUND"],
  ["__proto__", "SESSION_NOT_FOUND"],
  ["\u0000\ud800", "SESSION_NOT_FOUND"],
  [undefined, "SESSION_NOT_FOUND"],
  [null, "SESSION_NOT_FOUND"],
  [7, "SESSION_NOT_FOUND"],
  [{ toString: () => "a" }, "SESSION_NOT_FOUND"],
])("an invalid session id is not found: %j", async (sessionId, code) => {
  const { session } = await connected();
  const client = new MCPClient({ ...session, sessionId: sessionId as never });
  for (const ask of [client.connect(), client.listTools(), client.callTool("add"), client.disconnect()]) {
    await expect(ask).rejects.toMatchObject({ code });
  }
});

test.each([[""], [undefined], [null], [7], [" "], ["a".repeat(600)], [{}]])(
  "an invalid user id is reported to the app: %j",
  async (userId) => {
    const { session } = await connected();
    const client = new MCPClient({ ...session, userId: userId as never });
    for (const ask of [client.connect(), client.listTools(), client.callTool("add"), client.disconnect()]) {
      await expect(ask).rejects.toMatchObject({ code: "USER_ID_INVALID" });
    }
  },
);
