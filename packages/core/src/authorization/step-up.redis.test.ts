import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { startScopedMcpServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Mcp } from "../mcp.js";
import { encryptionKeys, type OwnSession, someUser } from "../samples.fixture.js";
import { appFor, callbackOf, cameBack, finish, type OpenSignIn, signedIn, start } from "./sign-in/sign-in.fixture.js";

let server: OauthServer;
let redis: Awaited<ReturnType<typeof startRedis>>;
let reader: Redis;
/** Two processes of one app. */
let calling: Mcp;
let signingIn: Mcp;

beforeAll(async () => {
  [server, redis] = await Promise.all([startOauthServer(), startRedis()]);
  // Two URLs of one Redis share nothing in this process, as if in two processes.
  calling = appFor(server, { storage: redis.url, encryptionKeys });
  signingIn = appFor(server, { storage: `${redis.url}/0`, encryptionKeys });
  reader = new Redis(redis.url);
});

afterAll(async () => {
  reader.disconnect();
  await Promise.all([calling.close(), signingIn.close()]);
  await Promise.all([server.close(), redis.stop()]);
});

const call = async (mcp: Mcp, session: OwnSession, name: string, args: Record<string, unknown>) => {
  const client = mcp.forUser(session.userId).client(session.sessionId);
  try {
    return await client.callTool(name, args);
  } finally {
    await client.close();
  }
};
const search = (mcp: Mcp, session: OpenSignIn) => call(mcp, session, "search_notes", { query: "" });
const remove = (mcp: Mcp, session: OpenSignIn) => call(mcp, session, "delete_note", { id: "nope" });
const wantsMore = { code: "SCOPE_REQUIRED", retryable: false };

/** A connection where a call was refused because it needs more scope. */
async function refused(): Promise<OpenSignIn> {
  const session = await signedIn(calling, server);
  await expect(remove(calling, session)).rejects.toMatchObject(wantsMore);
  return session;
}

const recordOf = async ({ sessionId }: OpenSignIn) => JSON.parse((await reader.get(`mcp:session:${sessionId}`)) ?? "");
const scopeOf = ({ url }: OpenSignIn) => new URL(url).searchParams.get("scope")?.split(" ").sort();

/** The events that a browser gets from now on. */
async function watch(mcp: Mcp, { userId }: OpenSignIn): Promise<McpConnectionEvent[]> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const events: McpConnectionEvent[] = [];
  const stream = await mcp.forUser(userId).subscribe({ signal: stop.signal });
  void (async () => {
    for await (const { event } of stream) events.push(event);
  })();
  await vi.waitFor(() => expect(events).toHaveLength(1));
  return events;
}

test("a call that needs more scope says so, and the connection keeps working and offers a sign-in", async () => {
  const session = await signedIn(calling, server);
  const events = await watch(signingIn, session);
  await expect(remove(calling, session)).rejects.toMatchObject({
    ...wantsMore,
    message: `${new URL(server.url).host} needs more permissions: notes:delete`,
  });
  const connection = await signingIn.forUser(session.userId).get(session.sessionId);
  expect(connection).toMatchObject({ state: "CONNECTED", error: null, toolCount: 3 });
  expect(connection.authUrl).toContain("/api/mcp/auth/start?session=");
  await vi.waitFor(() => expect(events).toHaveLength(3));
  const { authUrl, sessionId, v } = connection;
  expect(events.slice(1)).toMatchObject([
    { type: "state_changed", state: "CONNECTED", previousState: "CONNECTED", v, connection },
    { type: "auth_required", sessionId, v, authUrl },
  ]);
  expect((await recordOf(session)).challenge.scope.split(" ").sort()).toEqual([
    "notes:delete",
    "notes:read",
    "notes:write",
  ]);
  expect((await search(calling, session)).isError).toBeFalsy();
});

test("repeating the call reports nothing new and writes nothing", async () => {
  const session = await refused();
  const { v } = await recordOf(session);
  await expect(remove(signingIn, session)).rejects.toMatchObject(wantsMore);
  expect((await recordOf(session)).v).toBe(v);
});

test("the sign-in asks for the granted and the wanted scopes, and the repeated call works in every process", async () => {
  const session = await refused();
  const stepUp = await start(signingIn, session);
  expect(scopeOf(stepUp)).toEqual(["notes:delete", "notes:read", "notes:write", "offline_access"]);
  expect(await calling.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  await finish(signingIn, await callbackOf(stepUp));
  expect(await calling.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "CONNECTED",
    authUrl: null,
  });
  expect(await recordOf(session)).toMatchObject({ challenge: null, stepUps: 1 });
  for (const mcp of [calling, signingIn]) {
    expect((await remove(mcp, session)).content).toMatchObject([{ text: "There is no note with the id nope." }]);
  }
  expect(await recordOf(session)).toMatchObject({ challenge: null, stepUps: 0 });
});

test("a client that stays open uses the new sign-in", async () => {
  const session = await signedIn(calling, server);
  const client = calling.forUser(session.userId).client(session.sessionId);
  onTestFinished(() => client.close());
  await expect(client.callTool("delete_note", { id: "nope" })).rejects.toMatchObject(wantsMore);
  await finish(signingIn, await callbackOf(await start(signingIn, session)));
  expect((await client.callTool("delete_note", { id: "nope" })).isError).toBe(true);
});

test.each<[string, (stepUp: OpenSignIn) => Promise<unknown>]>([
  ["is declined", async (stepUp) => finish(signingIn, await callbackOf(stepUp, { decision: "deny" }))],
  [
    "fails",
    async (stepUp) => {
      const callback = await callbackOf(stepUp);
      callback.params.set("code", "not-one-of-yours");
      await finish(signingIn, callback);
    },
  ],
  ["is abandoned", async ({ attemptId }) => reader.del(`mcp:attempt:${attemptId}`)],
])("a step-up sign-in that %s leaves the connection working with the scope it has", async (_how, end) => {
  const session = await refused();
  const before = await reader.get(`mcp:credentials:${session.sessionId}`);
  await end(await start(signingIn, session));
  expect(await calling.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "CONNECTED",
    error: null,
    reason: null,
  });
  expect((await calling.forUser(session.userId).get(session.sessionId)).authUrl).not.toBeNull();
  expect(await reader.get(`mcp:credentials:${session.sessionId}`)).toBe(before);
  for (const mcp of [calling, signingIn]) expect((await search(mcp, session)).isError).toBeFalsy();
  await expect(remove(calling, session)).rejects.toMatchObject(wantsMore);
  await finish(signingIn, await callbackOf(await start(signingIn, session)));
  expect((await remove(calling, session)).isError).toBe(true);
});

test("step-up sign-ins are counted across processes, and a successful call resets the count", async () => {
  const greedy = await startScopedMcpServer({ wants: ({ tool }) => (tool === "two" ? "more" : undefined) });
  onTestFinished(greedy.close);
  const outbound = { allowHosts: [greedy.host] };
  const apps = [redis.url, `${redis.url}/0`].map((storage) => appFor(server, { storage, encryptionKeys, outbound }));
  onTestFinished(() => Promise.all(apps.map((mcp) => mcp.close())).then(() => undefined));
  const userId = someUser();
  let turn = 0;
  /** Alternates between the two apps. */
  const app = () => apps[turn++ % 2] ?? calling;
  const { sessionId } = await app().forUser(userId).connect({ serverUrl: greedy.url });
  const signIn = async () => {
    const { url, attemptId, nonce } = await start(app(), { userId, sessionId });
    const { headers } = await fetch(url, { redirect: "manual" });
    const back = cameBack(new URL(headers.get("location") ?? ""));
    await app()
      .forUser(userId)
      .authorization.finish({ ...back, nonceOf: (id) => (id === attemptId ? nonce : undefined) });
  };
  const callNext = (tool: string) => call(app(), { userId, sessionId }, tool, {});
  await signIn();
  for (let signIns = 0; signIns < 2; signIns++) {
    await expect(callNext("two")).rejects.toMatchObject(wantsMore);
    await signIn();
  }
  await expect(callNext("two")).rejects.toMatchObject({
    ...wantsMore,
    message: expect.stringContaining("keeps asking"),
  });
  expect(await app().forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", authUrl: null });
  await callNext("one");
  await expect(callNext("two")).rejects.toMatchObject(wantsMore);
  expect((await app().forUser(userId).get(sessionId)).authUrl).not.toBeNull();
});
