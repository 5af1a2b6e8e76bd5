import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "./authorization/sign-in/sign-in.fixture.js";
import { ConfigurationError, createMcp, defaultMcp, MCPClient, type MCPClientOptions } from "./index.js";
import type { McpOptions } from "./options/options.js";
import { encryptionKeys, someUser } from "./samples.fixture.js";

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
    message: 'This process has more than one open createMcp, with a different "baseUrl"',
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

const serverOrigin = "https://mcp.example.com";
const registered = { serverOrigin, clientId: "a" };
const redisUrl = "redis://127.0.0.1:1";

test.each<[string, Partial<McpOptions>, Partial<McpOptions>]>([
  ["storage", { storage: redisUrl }, { storage: `${redisUrl}/1` }],
  ["storage", { storage: { host: "h", keyPrefix: "a:" } }, { storage: { host: "h", keyPrefix: "b:" } }],
  ["encryptionKeys", { storage: redisUrl, encryptionKeys: "none" }, { storage: redisUrl, encryptionKeys }],
  ["baseUrl", {}, { baseUrl: "http://127.0.0.1:10" }],
  ["basePath", {}, { basePath: "/elsewhere" }],
  ["callbackUrls", {}, { callbackUrls: ["http://127.0.0.1:9/back"] }],
  ["trustProxy", {}, { trustProxy: true }],
  ["client", { client: { name: "One" } }, { client: { name: "Two" } }],
  ["client.metadataUrl", { client: { name: "One" } }, { client: { name: "One", metadataUrl: null } }],
  ["authorization.clients", {}, { authorization: { clients: [registered] } }],
  ["outbound.allowHosts", { outbound: { allowHosts: [] } }, { outbound: { allowHosts: ["127.0.0.1:1"] } }],
  ["sessionTtl", {}, { sessionTtl: 60 }],
  ["attemptTtl", {}, { attemptTtl: 60 }],
  ["limits", {}, { limits: { callsPerMinute: 1 } }],
  ["waitForReplicas", {}, { waitForReplicas: 1 }],
])("two mcps with a different %s are not taken for one, in either order", (name, one, other) => {
  for (const [first, second] of [
    [one, other],
    [other, one],
  ]) {
    const both = [open(first), open(second)];
    const differ = { message: `This process has more than one open createMcp, with a different "${name}"` };
    expect(defaultMcp).toThrow(expect.objectContaining(differ));
    for (const mcp of both) void mcp.close();
  }
});

test.each<[string, Partial<McpOptions>, Partial<McpOptions>]>([
  ["their loggers", { logger: () => undefined }, { logger: () => undefined }],
  ["how a default is written", { callbackUrls: [], trustProxy: false, sessionTtl: 43_200 }, {}],
  ["keys that a memory does not use", { encryptionKeys: "none" }, { encryptionKeys }],
  ["the object that holds a client", ...([{}, {}].map(() => withClient()) as [McpOptions, McpOptions])],
])("two mcps that differ only in %s count as one", (_what, one, other) => {
  open(one);
  expect(defaultMcp()).not.toBe(open(other));
});

function withClient(): Partial<McpOptions> {
  return { authorization: { clients: [{ ...registered, issuer: serverOrigin, clientSecret: "secret" }] } };
}

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

const callbackUrl = "http://127.0.0.1:9/back";

test.each([
  ["serverName", { serverName: "Tools" }, /^Add the serverUrl, or leave serverName out/],
  ["callbackUrl", { callbackUrl }, /^Add the serverUrl, or leave callbackUrl out/],
  ["transportType", { transportType: "auto" }, /^Add the serverUrl, or leave transportType out/],
  ["serverId", { serverId: "tools", sessionId: undefined }, /^Add the sessionId/],
])("an option that would have no effect is refused: %s", (name, options, hint) => {
  expect(() => new MCPClient({ userId: "ada", sessionId: "a", ...options } as MCPClientOptions)).toThrow(
    expect.objectContaining({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining(`MCPClient: \`${name}\``),
      hint: expect.stringMatching(hint),
    }),
  );
});

test("an existing session takes over what a client asks for, tells its pages, and keeps what is not asked for", async () => {
  const { mcp, session } = await connected({ callbackUrls: [callbackUrl] });
  const user = mcp.forUser(session.userId);
  const stream = await user.subscribe();
  onTestFinished(async () => void (await stream.return?.()));
  await stream.next();
  const client = new MCPClient({ ...session, serverUrl: modern.url, serverName: "My tools", callbackUrl });
  await client.connect();
  await client.close();
  const renamed = { serverName: "My tools", state: "CONNECTED" };
  expect((await stream.next()).value).toMatchObject({ event: { type: "state_changed", connection: renamed } });
  const again = new MCPClient({ ...session, serverUrl: modern.url });
  await again.connect();
  await again.close();
  expect(await user.get(session.sessionId)).toMatchObject(renamed);
});

test("without a serverUrl, a serverId must be the session's own", async () => {
  const { mcp, session } = await connected();
  const { serverId } = await mcp.forUser(session.userId).get(session.sessionId);
  expect(await add(new MCPClient({ ...session, serverId }))).toMatchObject(three);
  modern.resetRequests();
  const client = new MCPClient({ ...session, serverId: "other" });
  for (const ask of [client.connect(), client.listTools(), client.callTool("add"), client.disconnect()]) {
    await expect(ask).rejects.toMatchObject({ code: "SESSION_CONFLICT" });
  }
  await expect(client.finishAuth("code")).rejects.toMatchObject({ code: "SESSION_CONFLICT" });
  expect(modern.requests()).toEqual([]);
});
