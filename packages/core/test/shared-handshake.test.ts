import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test } from "vitest";
import { appFor, callbackOf, finish, signedIn, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import { Delivery } from "../src/budgets/delivery.js";
import { recordError } from "../src/client/tell-session.js";
import { admissionOf } from "../src/credentials/admission.js";
import { AuthorizationRequiredError, LimitExceededError } from "../src/errors.js";
import { partsOf } from "../src/open-mcps.js";
import { someUser } from "../src/samples.fixture.js";
import type { Handshake } from "../src/server/kept-handshake.js";
import { type StatefulServerOptions, startStatefulServer } from "./stateful-server.js";

async function connected(options: StatefulServerOptions = {}) {
  const server = await startStatefulServer(options);
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const user = mcp.forUser(userId);
  const call = (text = randomBytes(9).toString("base64url"), ms = 0) => user.callTool(sessionId, "echo", { text, ms });
  return { server, mcp, user, userId, sessionId, call };
}

const whats = (requests: readonly { what: string }[]) => requests.map(({ what }) => what);
const handshake = ["server/discover", "initialize", "notifications/initialized"];

test("a connect asks no more than the protocol's own client, and its session stays for calls", async () => {
  const { server } = await connected();
  expect(whats(server.takeRequests())).toEqual([...handshake, "tools/list"]);
  expect(server.open()).toHaveLength(1);
});

test.each([{ isJson: true }, { isJson: false }])(
  "each call is one request in the same session: %j",
  async (options) => {
    const { server, user, sessionId, call } = await connected(options);
    server.takeRequests();
    for (const calls of [1, 2, 3]) expect(await call("a")).toMatchObject({ structuredContent: { text: "a", calls } });
    const requests = server.takeRequests();
    expect(whats(requests)).toEqual(["tools/call", "tools/call", "tools/call"]);
    expect(new Set(requests.map(({ session }) => session))).toEqual(new Set(server.open()));
    await user.disconnect(sessionId);
    expect(whats(server.takeRequests())).toEqual(["DELETE"]);
    expect(server.open()).toEqual([]);
  },
);

test("a modern server gets one request for each call, too", async () => {
  const server = await startModernServer({ legacy: "reject" });
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  server.resetRequests();
  const add = () => user.callTool(sessionId, "add", { a: 1, b: 2 });
  for (const call of [add, add]) expect(await call()).toMatchObject({ structuredContent: { sum: 3 } });
  await user.remove(sessionId);
  expect(server.requests().map(({ rpcMethod }) => rpcMethod)).toEqual(["tools/call", "tools/call"]);
});

test("calls at the same time have different IDs, beyond the small ones that every process starts with", async () => {
  const { server, call } = await connected();
  server.takeRequests();
  const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`);
  const results = await Promise.all(texts.map((text) => call(text, 20)));
  expect(results).toMatchObject(texts.map((text) => ({ structuredContent: { text } })));
  const ids = server.takeRequests().map(({ id }) => Number(id));
  expect(new Set(ids).size).toBe(20);
  expect(Math.min(...ids)).toBeGreaterThan(1_000);
  expect(Math.max(...ids)).toBeLessThan(2 ** 31);
});

const ofLaterVersion: Handshake[] = [
  {
    era: "legacy",
    initialize: { protocolVersion: "2099-01-01", capabilities: { tools: {} }, serverInfo: { name: "a", version: "1" } },
    transportSession: null,
  },
  {
    era: "modern",
    discover: {
      ...{ resultType: "complete", ttlMs: 0, cacheScope: "private" },
      ...{ supportedVersions: ["2099-01-01"], capabilities: { tools: {} } },
    },
  },
];

test.each(ofLaterVersion)(
  "a handshake of a version that this process does not know is made again: %j",
  async (later) => {
    const { server, mcp, userId, sessionId, call } = await connected();
    const { handshakes, sessions } = partsOf(mcp)();
    await sessions.change(userId, sessionId, (record, now, credentials) => {
      const made = { admission: admissionOf({ record, credentials }), handshake: later };
      return { handshake: handshakes.seal(record, made, { now }).text };
    });
    server.takeRequests();
    for (const calls of [1, 2]) expect(await call()).toMatchObject({ structuredContent: { calls } });
    expect(whats(server.takeRequests())).toEqual([...handshake, "tools/call", "tools/call"]);
  },
);

test.each([{ refusal: 404 }, { refusal: 400 }] as const)(
  "when the server has forgotten its session, one caller begins another, and every call is answered: %j",
  async (options) => {
    const { server, call } = await connected(options);
    server.forget();
    server.takeRequests();
    const texts = Array.from({ length: 10 }, (_, at) => `text ${at}`);
    expect(await Promise.all(texts.map((text) => call(text)))).toMatchObject(
      texts.map((text) => ({ structuredContent: { text } })),
    );
    expect(whats(server.takeRequests()).filter((what) => what !== "tools/call")).toEqual(handshake);
    expect(server.open()).toHaveLength(1);
  },
);

test("a call whose session is lost is not sent again once its connection has ended", async () => {
  let leave = async () => {};
  const { server, user, sessionId, call } = await connected({ beforeRefusal: () => leave() });
  leave = () => user.disconnect(sessionId);
  server.forget();
  server.takeRequests();
  await expect(call()).rejects.toMatchObject({ code: "CANCELLED", retryable: true });
  expect(whats(server.takeRequests())).toEqual(["tools/call", "DELETE"]);
});

test("a call whose session is lost while another window reconnects waits for that, and is answered", async () => {
  let [meanwhile, wait] = [async () => {}, 0];
  const { server, user, sessionId, call } = await connected({
    beforeRefusal: () => meanwhile(),
    beforeBegin: () => pause(wait),
  });
  let reconnected: Promise<unknown> = Promise.resolve();
  meanwhile = async () => {
    wait = 300;
    reconnected = user.reconnect(sessionId);
    await expect.poll(async () => (await user.get(sessionId)).state).toBe("RECONNECTING");
  };
  server.forget();
  server.takeRequests();
  expect(await call("once")).toMatchObject({ structuredContent: { text: "once", calls: 1 } });
  await reconnected;
  expect(whats(server.takeRequests()).filter((what) => what === "initialize")).toHaveLength(1);
});

test("a call whose session is lost fails with the reason why its connection has just failed", async () => {
  let meanwhile = async () => {};
  const { server, mcp, userId, sessionId, call } = await connected({ beforeRefusal: () => meanwhile() });
  const refused = new AuthorizationRequiredError({ message: "No longer signed in", hint: "", retryable: false });
  meanwhile = async () => void (await recordError(partsOf(mcp)().sessions, { userId, sessionId }, refused));
  server.forget();
  await expect(call()).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
});

test("after two losses within a minute, each call has a session of its own, and ends it", async () => {
  const { server, call, user, sessionId } = await connected();
  for (const _loss of [1, 2]) {
    server.forget();
    await call();
  }
  server.takeRequests();
  for (const _call of [1, 2]) expect(await call()).toMatchObject({ structuredContent: { calls: 1 } });
  expect(whats(server.takeRequests())).toEqual([
    ...handshake,
    "tools/call",
    "DELETE",
    ...handshake,
    "tools/call",
    "DELETE",
  ]);
  expect(server.open()).toEqual([]);
  await user.reconnect(sessionId);
  await call();
  expect(await call()).toMatchObject({ structuredContent: { calls: 2 } });
});

test("a call that the server refuses for another reason is not sent again", async () => {
  const { server, call } = await connected({ refusal: 404 });
  server.takeRequests();
  await expect(call(undefined as never, "not a number" as never)).resolves.toMatchObject({ isError: true });
  expect(whats(server.takeRequests())).toEqual(["tools/call"]);
});

test("an isolated client has a session of its own, which ends with it", async () => {
  const { server, user, sessionId, call } = await connected();
  await call();
  const client = user.client(sessionId, { isolated: true });
  server.takeRequests();
  for (const calls of [1, 2]) {
    expect(await client.callTool("echo", { text: "own" })).toMatchObject({ structuredContent: { calls } });
  }
  await client.close();
  expect(whats(server.takeRequests())).toEqual([...handshake, "tools/call", "tools/call", "DELETE"]);
  expect(await call()).toMatchObject({ structuredContent: { calls: 2 } });
});

test.each([{ isolated: false }, { isolated: true }])(
  "an answer of ours that is stopped during the handshake leaves that to the other calls: %j",
  async ({ isolated }) => {
    const stopped = new Delivery();
    let begin = async () => {};
    const { mcp, user, userId, sessionId } = await connected({ beforeBegin: () => begin() });
    await partsOf(mcp)().sessions.change(userId, sessionId, () => ({ handshake: null }));
    begin = async () => stopped.stop(new LimitExceededError({ message: "No room", hint: "", retryable: true }));
    const client = user.client(sessionId, { isolated });
    onTestFinished(() => client.close());
    const call = () => client.callTool("echo", { text: "a" });
    const calls = await Promise.allSettled([stopped.run(call), call()]);
    expect(calls).toMatchObject([
      { status: "rejected", reason: { code: "LIMIT_EXCEEDED" } },
      { status: "fulfilled", value: { structuredContent: { text: "a" } } },
    ]);
  },
);

test("a reconnect begins another session and ends the one before", async () => {
  const { server, user, sessionId, call } = await connected();
  await call();
  const [before] = server.open();
  await user.reconnect(sessionId);
  expect(server.open()).toHaveLength(1);
  expect(server.open()).not.toContain(before);
  expect(await call()).toMatchObject({ structuredContent: { calls: 1 } });
});

test("another sign-in ends the session of the one before with the token of the one before", async () => {
  const server = await startOauthServer();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const session = await signedIn(mcp, server);
  const user = mcp.forUser(session.userId);
  await user.callTool(session.sessionId, "search_notes", { query: "milk" });
  const again = await start(mcp, session);
  server.resetRequests();
  await finish(mcp, await callbackOf(again));
  const made = server
    .requests()
    .flatMap(({ method, rpcMethod, status }) =>
      (rpcMethod ?? method === "DELETE") ? [[rpcMethod ?? method, status]] : [],
    );
  expect(made).toContainEqual(["DELETE", 200]);
  expect(made.filter(([what]) => what === "initialize")).toHaveLength(1);
  server.resetRequests();
  await user.signOut(session.sessionId);
  expect(server.requests().map(({ method, status }) => [method, status])).toContainEqual(["DELETE", 200]);
});
