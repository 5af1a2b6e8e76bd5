import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import {
  appFor,
  callbackOf,
  finish,
  openSignIn,
  revocations,
  signedIn,
  storedCredentials,
  tokenRequests,
} from "../authorization/sign-in/sign-in.fixture.js";
import { newVersion } from "../credentials/credentials.js";
import { Secret } from "../credentials/secret.js";
import { partsOf } from "../open-mcps.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import { someUser, withTokens } from "../samples.fixture.js";
import type { Commit, SessionStore } from "../session/session-store.js";
import { Sessions } from "../session/sessions.js";
import { openStorage } from "../storage/storage.js";
import { signOut } from "./sign-out.js";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer();
});

afterAll(() => server.close());

beforeEach(() => server.resetRequests());

test("signing out keeps the connection without its sign-in, which is revoked at the authorization server", async () => {
  const mcp = appFor(server);
  onTestFinished(() => mcp.close());
  const session = await signedIn(mcp, server);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ signedIn: true });
  await mcp.forUser(session.userId).signOut(session.sessionId);
  expect(revocations(server)).toBe(1);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "DISCONNECTED",
    active: false,
    authUrl: null,
    signedIn: false,
    reason: "You signed out",
  });
  const again = await mcp.forUser(session.userId).reconnect(session.sessionId);
  expect(again.state).toBe("AUTHENTICATING");
  expect(tokenRequests(server, "refresh_token")).toBe(0);
});

test("a removed connection leaves nothing behind, neither here nor at the authorization server", async () => {
  const mcp = appFor(server);
  onTestFinished(() => mcp.close());
  const session = await signedIn(mcp, server);
  await mcp.forUser(session.userId).remove(session.sessionId);
  expect(revocations(server)).toBe(1);
  expect(await mcp.forUser(session.userId).list()).toEqual([]);
  await expect(mcp.forUser(session.userId).signOut(session.sessionId)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  await expect(mcp.forUser(session.userId).remove(session.sessionId)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
});

test("another user can neither sign out nor remove a connection", async () => {
  const mcp = appFor(server);
  onTestFinished(() => mcp.close());
  const { userId, sessionId } = await signedIn(mcp, server);
  const stranger = { userId: someUser(), sessionId };
  await expect(mcp.forUser(stranger.userId).signOut(stranger.sessionId)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  await expect(mcp.forUser(stranger.userId).remove(stranger.sessionId)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  expect(revocations(server)).toBe(0);
  expect(await mcp.forUser(userId).list()).toMatchObject([{ state: "CONNECTED" }]);
});

test("when the user signs out during the code exchange, the new tokens are revoked and nothing is kept", async () => {
  const mcp = appFor(server);
  onTestFinished(() => mcp.close());
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  // The exchange takes longer than a step in memory, so the sign-out is done first.
  const finishing = finish(mcp, callback);
  while (tokenRequests(server, "authorization_code") === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await mcp.forUser(signIn.userId).signOut(signIn.sessionId);
  await finishing;
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "DISCONNECTED" });
  expect(revocations(server)).toBe(1);
  expect((await mcp.forUser(signIn.userId).reconnect(signIn.sessionId)).state).toBe("AUTHENTICATING");
});

test("when tokens are refreshed during the sign-out, the new ones are revoked", async () => {
  const mcp = appFor(server);
  onTestFinished(() => mcp.close());
  const session = await signedIn(mcp, server);
  const storage = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
  const { store: credentials, owner, credentials: before } = await storedCredentials(session, storage);
  const renewed = {
    ...withTokens(before, { refreshToken: new Secret("renewed") }),
    tv: newVersion(),
    cv: newVersion(),
  };
  let commits = 0;
  const store = new Proxy(storage.sessions, {
    get: (target, name: keyof SessionStore) => {
      if (name !== "commit") return target[name].bind(target);
      return async (commit: Commit) => {
        if (commits++ === 0) expect(await credentials.replace(owner, before, renewed)).toBe(true);
        return target.commit(commit);
      };
    },
  });
  const sessions = new Sessions({ store, authUrl: (id) => id, limit: 50 });
  const taken: string[] = [];
  const fetch: Fetch = async (_url, init) => {
    const token = new URLSearchParams(String(init?.body)).get("token");
    if (token !== null) taken.push(token);
    return new Response();
  };
  await signOut({ ...partsOf(mcp)(), sessions, credentials, fetch }, session.userId, session.sessionId);
  expect(taken).toEqual(["renewed"]);
  await expect(storedCredentials(session, storage)).rejects.toThrow("There is no sign-in");
});

test("a connection can be removed while its authorization server is down", async () => {
  const own = await startOauthServer();
  const mcp = appFor(own);
  onTestFinished(() => mcp.close());
  const session = await signedIn(mcp, own);
  await own.close();
  await mcp.forUser(session.userId).remove(session.sessionId);
  expect(await mcp.forUser(session.userId).list()).toEqual([]);
});
