import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startKeyedServer } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { appFor, callbackOf, finish, openSignIn, signedIn } from "../authorization/sign-in/sign-in.fixture.js";
import { createMcp } from "../create-mcp.js";
import type { Mcp } from "../mcp.js";
import { someUser } from "../samples.fixture.js";

let modern: DemoServer;

beforeAll(async () => {
  modern = await startModernServer();
});

afterAll(() => modern.close());

async function keyed(header: string, value: string) {
  const server = await startKeyedServer({ upstream: new URL(modern.url).origin, header, value });
  const logged: McpObservabilityEvent[] = [];
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [server.host] },
    logger: (event) => logged.push(event),
  });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const userId = someUser();
  const connect = (headers?: Record<string, string>, user = userId) =>
    mcp.forUser(user).connect({ serverUrl: `${server.origin}/mcp`, ...(headers ? { headers } : {}) });
  return { mcp, server, userId, connect, logged };
}

async function callIt(mcp: Mcp, session: { userId: string; sessionId: string }) {
  const client = mcp.forUser(session.userId).client(session.sessionId);
  try {
    return await client.callTool("add", { a: 2, b: 3 });
  } finally {
    await client.close();
  }
}

test.each([
  ["x-api-key", "the-key-of-ada"],
  ["authorization", "Bearer the-key-of-ada"],
])("the header %s is sent with every request, and only its name is ever shown", async (header, value) => {
  const { mcp, server, userId, connect, logged } = await keyed(header, value);
  const { sessionId, state } = await connect({ [header]: value });
  expect(state).toBe("CONNECTED");
  const session = { userId, sessionId };
  expect(await callIt(mcp, session)).toMatchObject({ content: [{ text: "5" }] });
  expect(new Set(server.keys)).toEqual(new Set([value]));
  const seen = [await mcp.forUser(session.userId).get(session.sessionId), await mcp.forUser(userId).list(), logged];
  expect(seen[0]).toMatchObject({ headerNames: [header] });
  expect(JSON.stringify(seen)).not.toContain("the-key-of-ada");
});

test("another user's connection to the same server does not send the header", async () => {
  const { server, connect } = await keyed("x-api-key", "the-key-of-ada");
  await connect({ "X-Api-Key": "the-key-of-ada" });
  const before = server.keys.length;
  expect((await connect(undefined, someUser())).state).not.toBe("CONNECTED");
  expect(new Set(server.keys.slice(before))).toEqual(new Set([undefined]));
});

test("a key that the server rejects fails the connection and says so, and another key is enough to fix it", async () => {
  const { mcp, userId, connect } = await keyed("authorization", "Bearer right");
  const wrong = await connect({ Authorization: "Bearer wrong" });
  expect(wrong).toMatchObject({ state: "FAILED", authUrl: null, error: { code: "HEADERS_REFUSED" } });
  expect(wrong.error?.message).toMatch(/rejected your key$/);
  const session = { userId, sessionId: wrong.sessionId };
  await expect(callIt(mcp, session)).rejects.toMatchObject({ code: "NOT_CONNECTED", hint: "Enter a different key." });
  expect(
    await mcp.forUser(session.userId).reconnect(session.sessionId, { headers: { Authorization: "Bearer right" } }),
  ).toMatchObject({
    state: "CONNECTED",
  });
  expect(await callIt(mcp, session)).toMatchObject({ content: [{ text: "5" }] });
});

test("connecting to a known server again uses the new key", async () => {
  const { server, connect } = await keyed("x-api-key", "first");
  const { sessionId } = await connect({ "x-api-key": "first" });
  server.change("second");
  expect(await connect({ "x-api-key": "second" })).toMatchObject({ sessionId, state: "CONNECTED" });
});

test("an open client uses the new key from the next call on, and reports when the old one is refused", async () => {
  const { mcp, server, userId, connect } = await keyed("authorization", "Bearer first");
  const { sessionId } = await connect({ authorization: "Bearer first" });
  const session = { userId, sessionId };
  const client = mcp.forUser(session.userId).client(session.sessionId);
  onTestFinished(() => client.close());
  await client.callTool("add", { a: 1, b: 1 });
  server.change("Bearer second");
  await expect(client.callTool("add", { a: 1, b: 1 })).rejects.toMatchObject({ code: "HEADERS_REFUSED" });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code: "HEADERS_REFUSED" },
  });
  await mcp.forUser(session.userId).reconnect(session.sessionId, { headers: { authorization: "Bearer second" } });
  expect(await client.callTool("add", { a: 1, b: 1 })).toMatchObject({ content: [{ text: "2" }] });
});

test("empty headers remove the earlier ones", async () => {
  const { mcp, server, userId, connect } = await keyed("authorization", "Bearer right");
  const { sessionId } = await connect({ authorization: "Bearer right" });
  const before = server.keys.length;
  const session = { userId, sessionId };
  expect((await mcp.forUser(session.userId).reconnect(session.sessionId, { headers: {} })).state).not.toBe("CONNECTED");
  expect(new Set(server.keys.slice(before))).toEqual(new Set([undefined]));
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ headerNames: [] });
});

test("a key ends the wait for a sign-in that has begun", async () => {
  const server = await startOauthServer();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const session = await openSignIn(mcp, server);
  const answer = await mcp
    .forUser(session.userId)
    .reconnect(session.sessionId, { headers: { authorization: "Bearer not-one-of-yours" } });
  expect(answer).toMatchObject({ state: "FAILED", authUrl: null, error: { code: "HEADERS_REFUSED" } });
  await expect(finish(mcp, await callbackOf(session))).rejects.toMatchObject({ code: "INVALID_STATE" });
});

test("signing out erases the headers", async () => {
  const { mcp, server, userId, connect } = await keyed("x-api-key", "key");
  const { sessionId } = await connect({ "x-api-key": "key" });
  const session = { userId, sessionId };
  await mcp.forUser(session.userId).signOut(session.sessionId);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "DISCONNECTED",
    headerNames: [],
  });
  const before = server.keys.length;
  await mcp.forUser(session.userId).reconnect(session.sessionId);
  expect(server.keys.slice(before)).not.toContain("key");
});

test("headers and a sign-in do not affect each other, and no header reaches the authorization server", async () => {
  const server = await startOauthServer();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const session = await signedIn(mcp, server);
  server.resetRequests();
  expect(
    await mcp.forUser(session.userId).reconnect(session.sessionId, { headers: { "X-Team": "blue" } }),
  ).toMatchObject({ state: "CONNECTED" });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ headerNames: ["X-Team"] });
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ headerNames: ["X-Team"] });
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId, { headers: {} })).toMatchObject({
    state: "CONNECTED",
  });
  expect(server.requests().filter(({ grantType }) => grantType !== undefined)).toEqual([]);
});

const secret = "do-not-repeat-me";

test.each<[string, Record<string, string>]>([
  ["a name with a space", { [`x ${secret}`]: secret }],
  ["a name with a line break", { "x-a\r\nx-b": secret }],
  ["an empty name", { "": secret }],
  ["a value that starts another header", { "x-api-key": `${secret}\r\nx-admin: 1` }],
  ["a value with spaces around it", { "x-api-key": ` ${secret} ` }],
  ["an empty value", { "x-api-key": "" }],
  ["a value beyond ASCII", { "x-api-key": `${secret}é` }],
  ["an endless value", { "x-api-key": secret.repeat(600) }],
  ["the same header twice", { "X-Api-Key": secret, "x-api-key": secret }],
  ["a header that the transport sets", { "Mcp-Session-Id": secret }],
  ["the Host header", { Host: secret }],
  ["the Content-Length header", { "content-length": "1" }],
  ["too many headers", Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, secret]))],
])("%s is refused before anything is stored, and the error does not show it", async (_case, headers) => {
  const { mcp, userId, connect, server } = await keyed("x-api-key", secret);
  const error: unknown = await connect(headers).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "INVALID_INPUT" });
  expect(JSON.stringify(error)).not.toContain(secret);
  expect(await mcp.forUser(userId).list()).toEqual([]);
  const { sessionId } = await connect({ "x-api-key": secret });
  const again: unknown = await mcp
    .forUser(userId)
    .reconnect(sessionId, { headers })
    .catch((thrown: unknown) => thrown);
  expect(again).toMatchObject({ code: "INVALID_INPUT" });
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", headerNames: ["x-api-key"] });
  expect(server.keys.length).toBeGreaterThan(0);
});
