import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { CredentialStore } from "../../credentials/credential-store.js";
import { StoreUnavailableError } from "../../errors.js";
import { resolveLimits } from "../../limits.js";
import type { Mcp } from "../../mcp.js";
import { authUrl, fetchFrom, registrations, revealed, someUser } from "../../samples.fixture.js";
import { Sessions } from "../../session/sessions.js";
import { openStorage } from "../../storage/storage.js";
import { AttemptStore } from "./attempt.js";
import { type ContinueConnecting, type FinishDeps, finishAuthorization } from "./finish.js";
import {
  appFor,
  callbackOf,
  finish,
  openSignIn,
  revocations,
  signedIn,
  start,
  tokenRequests,
} from "./sign-in.fixture.js";

let server: OauthServer;
let mcp: Mcp;

beforeAll(async () => {
  server = await startOauthServer();
  mcp = appFor(server);
});

afterAll(() => server.close());
beforeEach(() => server.resetRequests());

const exchanges = () => tokenRequests(server, "authorization_code");

test("a sign-in ends CONNECTED with the server's tools, and the user can call them", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn, { name: "Ada" });
  expect(await finish(mcp, callback)).toEqual({ attemptId: signIn.attemptId });
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({
    state: "CONNECTED",
    toolCount: 3,
    error: null,
    authUrl: null,
  });
  expect(await mcp.forUser(signIn.userId).authorization.status(signIn.attemptId)).toMatchObject({
    status: "connected",
    connection: { sessionId: signIn.sessionId, state: "CONNECTED" },
  });
  const client = mcp.forUser(signIn.userId).client(signIn.sessionId);
  expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ structuredContent: { notes: [] } });
  await client.close();
});

test("repeating a callback makes no second exchange and changes nothing", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  await finish(mcp, callback);
  const before = await mcp.forUser(signIn.userId).get(signIn.sessionId);
  expect(await finish(mcp, callback)).toEqual({ attemptId: signIn.attemptId });
  expect(exchanges()).toBe(1);
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toEqual(before);
});

test("two simultaneous callbacks make one exchange, and both get the same answer", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  const answers = await Promise.all([finish(mcp, callback), finish(mcp, callback)]);
  expect(answers).toEqual([{ attemptId: signIn.attemptId }, { attemptId: signIn.attemptId }]);
  expect(exchanges()).toBe(1);
  expect((await mcp.forUser(signIn.userId).get(signIn.sessionId)).state).toBe("CONNECTED");
});

test("a callback that is finished elsewhere while we read it counts as a repeat, not as overtaken", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  const { sessions: store } = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
  const read = store.read.bind(store);
  vi.spyOn(store, "read").mockImplementationOnce(async (...session) => {
    await finish(mcp, callback);
    return read(...session);
  });
  expect(await finish(mcp, callback)).toEqual({ attemptId: signIn.attemptId });
  expect(exchanges()).toBe(1);
});

test("a declined sign-in leaves the session DISCONNECTED, with the reason and without an error", async () => {
  const signIn = await openSignIn(mcp, server);
  await finish(mcp, await callbackOf(signIn, { decision: "deny" }));
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({
    state: "DISCONNECTED",
    reason: `You declined access at ${new URL(server.issuer).host}`,
    error: null,
  });
  expect(await mcp.forUser(signIn.userId).authorization.status(signIn.attemptId)).toMatchObject({ status: "declined" });
  expect(exchanges()).toBe(0);
});

test("a code that the authorization server rejects fails the session, and the user can sign in again", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  callback.params.set("code", "not-one-of-yours");
  await finish(mcp, callback);
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code: "AUTHORIZATION_FAILED" },
  });
  expect(await mcp.forUser(signIn.userId).authorization.status(signIn.attemptId)).toMatchObject({ status: "failed" });
  const again = await start(mcp, signIn);
  await finish(mcp, await callbackOf(again));
  expect((await mcp.forUser(signIn.userId).get(signIn.sessionId)).state).toBe("CONNECTED");
});

test("an error other than a decline fails the session, without the authorization server's own text", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn, { decision: "deny" });
  callback.params.set("error", "server_error");
  callback.params.set("error_description", "<script>words</script>");
  await finish(mcp, callback);
  const connection = await mcp.forUser(signIn.userId).get(signIn.sessionId);
  expect(connection).toMatchObject({ state: "FAILED", error: { code: "AUTHORIZATION_FAILED" } });
  expect(JSON.stringify(connection)).not.toContain("words");
});

test("with two windows of one sign-in, the first to finish counts, and the other is reported as overtaken", async () => {
  const first = await openSignIn(mcp, server);
  const second = await start(mcp, first);
  await finish(mcp, await callbackOf(second));
  const connected = await mcp.forUser(first.userId).get(first.sessionId);
  expect(connected.state).toBe("CONNECTED");
  await expect(finish(mcp, await callbackOf(first))).rejects.toMatchObject({ reason: "overtaken" });
  expect(await mcp.forUser(first.userId).get(first.sessionId)).toEqual(connected);
  expect(exchanges()).toBe(1);
});

test("declining in one window does not end the other window of the same sign-in", async () => {
  const first = await openSignIn(mcp, server);
  const second = await start(mcp, first);
  await finish(mcp, await callbackOf(first, { decision: "deny" }));
  await finish(mcp, await callbackOf(second));
  expect((await mcp.forUser(first.userId).get(first.sessionId)).state).toBe("CONNECTED");
});

test("a second sign-in on a CONNECTED session replaces the first one's tokens", async () => {
  const session = await signedIn(mcp, server);
  const again = await start(mcp, session);
  await finish(mcp, await callbackOf(again, { name: "Grace" }));
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(exchanges()).toBe(2);
});

test.each<[string, string, Record<string, string>]>([
  ["refuses our client", "error=unauthorized_client", {}],
  ["refuses a scope", "error=invalid_scope", {}],
  ["does not know our client", "code=any", { error: "invalid_client" }],
])(
  "an authorization server that %s ends the attempt, even if nothing can be learned from it now",
  async (...refusal) => {
    const [, params, answer] = refusal;
    const signIn = await openSignIn(mcp, server);
    const callback = await callbackOf(signIn);
    const refused = new URLSearchParams(params);
    for (const name of ["state", "iss"]) refused.set(name, callback.params.get(name) ?? "");
    const { sessions: store, driver, ring } = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
    const attempts = new AttemptStore(driver, ring);
    const away = () => Promise.reject(new StoreUnavailableError("away"));
    const finishing = finishAuthorization(
      {
        sessions: new Sessions({ store, authUrl, limit: 50 }),
        attempts,
        credentials: new CredentialStore(driver, { ring, ttl: 60 }),
        registrations: { ...registrations, suspect: away, widen: away },
        rates: { take: async () => undefined, giveBack: async () => undefined },
        fetch: async () => Response.json(answer, { status: 401 }),
        storeId: signIn.sessionId,
        limits: resolveLimits(),
      },
      signIn.userId,
      { ...callback, params: refused },
      vi.fn<ContinueConnecting>(),
    );
    expect(await finishing).toMatchObject({ failure: { code: "AUTHORIZATION_FAILED" } });
    expect(await attempts.read(signIn.attemptId, signIn.userId)).toMatchObject({ status: "failed" });
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "FAILED" });
  },
);

test("a session removed during the exchange is not found, and its attempt ends as failed, without the verifier", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  const { sessions: store, driver, ring } = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
  const attempts = new AttemptStore(driver, ring);
  const guarded = fetchFrom(server.hosts);
  const fetch: FinishDeps["fetch"] = async (...request) => {
    const answer = await guarded(...request);
    await mcp.forUser(signIn.userId).remove(signIn.sessionId);
    return answer;
  };
  const continueConnecting = vi.fn<ContinueConnecting>();
  const finishing = finishAuthorization(
    {
      sessions: new Sessions({ store, authUrl, limit: 50 }),
      attempts,
      credentials: new CredentialStore(driver, { ring, ttl: 60 }),
      registrations,
      rates: { take: async () => undefined, giveBack: async () => undefined },
      fetch,
      storeId: signIn.sessionId,
      limits: resolveLimits(),
    },
    signIn.userId,
    callback,
    continueConnecting,
  );
  await expect(finishing).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect(revealed(await attempts.read(signIn.attemptId))).toMatchObject({ status: "failed", codeVerifier: "" });
  expect(await mcp.forUser(signIn.userId).list()).toEqual([]);
  expect([exchanges(), continueConnecting.mock.calls.length]).toEqual([1, 0]);
});

test("tokens that were stored are kept, not revoked, even if the store's answer was lost", async () => {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  const { sessions: store } = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
  const commit = store.commit.bind(store);
  vi.spyOn(store, "commit").mockImplementationOnce(async (change) => {
    await commit(change);
    throw new StoreUnavailableError(new Error("The answer was lost"));
  });
  await finish(mcp, callback);
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect([exchanges(), revocations(server)]).toEqual([1, 0]);
});

test("a user cannot see what became of another user's sign-in", async () => {
  const { attemptId } = await openSignIn(mcp, server);
  for (const attempt of [
    { userId: someUser(), attemptId },
    { userId: someUser(), attemptId: "0".repeat(64) },
  ]) {
    const { authorization } = mcp.forUser(attempt.userId);
    const unknown = { code: "INVALID_STATE", reason: "unknown" };
    await expect(authorization.status(attempt.attemptId)).rejects.toMatchObject(unknown);
    await expect(authorization.outcome(attempt.attemptId)).rejects.toMatchObject(unknown);
  }
});
