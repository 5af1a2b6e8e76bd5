import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Mcp } from "../../mcp.js";
import { attemptOf, someUser } from "../../samples.fixture.js";
import { issuerIdOf } from "../redirect-urls.js";
import { appFor, callbackOf, finish, type OpenSignIn, openSignIn, signedIn, start } from "./sign-in.fixture.js";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer();
});

afterAll(() => server.close());

const visits = (path: string) => server.requests().filter((request) => request.path === path).length;

test("a sign-in goes to the authorization server with PKCE, the resource and the issuer's own redirect URL", async () => {
  const mcp = appFor(server);
  const { url, attemptId, sessionId, userId } = await openSignIn(mcp, server);
  const { origin, searchParams } = new URL(url);
  expect(origin).toBe(server.issuer);
  expect(Object.fromEntries(searchParams)).toMatchObject({
    response_type: "code",
    redirect_uri: `http://127.0.0.1:9/api/mcp/auth/issuer/${issuerIdOf(server.issuer)}`,
    resource: server.url,
    code_challenge_method: "S256",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    scope: expect.stringContaining("notes:read"),
  });
  expect(attemptOf(url)).toBe(attemptId);
  for (const ours of [userId, sessionId]) expect(decodeURIComponent(url)).not.toContain(ours);
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "AUTHENTICATING" });
});

test("each visit to the sign-in page makes its own attempt, and no attempt ends another", async () => {
  const mcp = appFor(server);
  const first = await openSignIn(mcp, server);
  const second = await start(mcp, first);
  const valuesOf = ({ url, nonce, attemptId }: typeof first) => {
    const { searchParams } = new URL(url);
    return [nonce, attemptId, searchParams.get("state"), searchParams.get("code_challenge")];
  };
  expect(new Set([...valuesOf(first), ...valuesOf(second)]).size).toBe(8);
  await finish(mcp, await callbackOf(first));
  expect((await mcp.forUser(first.userId).get(first.sessionId)).state).toBe("CONNECTED");
});

test("all users share one registration at an authorization server, even if they start at the same time", async () => {
  const own = await startOauthServer();
  const mcp = appFor(own);
  const signIns = await Promise.all(Array.from({ length: 5 }, () => openSignIn(mcp, own)));
  signIns.push(await openSignIn(mcp, own));
  expect(new Set(signIns.map(({ url }) => new URL(url).searchParams.get("client_id"))).size).toBe(1);
  expect(own.requests().filter(({ method, path }) => method === "POST" && path === "/reg")).toHaveLength(1);
  await own.close();
});

test("a user cannot start a sign-in for another user's session", async () => {
  const mcp = appFor(server);
  const { sessionId } = await openSignIn(mcp, server);
  const before = visits("/reg");
  await expect(mcp.forUser(someUser()).authorization.start(sessionId)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  expect(visits("/reg")).toBe(before);
});

test("starting a sign-in on a CONNECTED session leaves it connected, and so does declining that sign-in", async () => {
  const mcp = appFor(server);
  const session = await signedIn(mcp, server);
  const again = await start(mcp, session);
  expect((await mcp.forUser(session.userId).get(session.sessionId)).state).toBe("CONNECTED");
  await finish(mcp, await callbackOf(again, { decision: "deny" }));
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", reason: null });
  expect(await mcp.forUser(again.userId).authorization.status(again.attemptId)).toMatchObject({ status: "declined" });
});

test("a disconnected session can be signed in again", async () => {
  const mcp = appFor(server);
  const session = await signedIn(mcp, server);
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  const again = await start(mcp, session);
  expect((await mcp.forUser(session.userId).get(session.sessionId)).state).toBe("AUTHENTICATING");
  await finish(mcp, await callbackOf(again));
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", active: true });
});

async function cancelled(mcp: Mcp): Promise<OpenSignIn> {
  const signIn = await openSignIn(mcp, server);
  await mcp.forUser(signIn.userId).disconnect(signIn.sessionId);
  return signIn;
}

async function declined(mcp: Mcp): Promise<OpenSignIn> {
  const signIn = await openSignIn(mcp, server);
  await finish(mcp, await callbackOf(signIn, { decision: "deny" }));
  return signIn;
}

async function failed(mcp: Mcp): Promise<OpenSignIn> {
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  callback.params.set("code", "not-one-of-yours");
  await finish(mcp, callback);
  return signIn;
}

describe("a double click on Sign in opens two windows of one sign-in, and either of them can finish it", () => {
  const before: [string, (mcp: Mcp) => Promise<OpenSignIn>][] = [
    ["a session that waits for a sign-in", (mcp) => openSignIn(mcp, server)],
    ["a CONNECTED session", (mcp) => signedIn(mcp, server)],
    ["a session whose sign-in was cancelled", cancelled],
    ["a session whose sign-in was declined", declined],
    ["a session whose sign-in failed", failed],
  ];
  const clicks = before.flatMap(([which, make]) =>
    ["first", "second"].map((window) => ({ which, make, finishes: window === "first" ? 0 : 1, window })),
  );

  test.each(clicks)("$which, the $window window", async ({ make, finishes }) => {
    const mcp = appFor(server);
    const session = await make(mcp);
    const windows = await Promise.all([start(mcp, session), start(mcp, session)]);
    await finish(mcp, await callbackOf(windows[finishes] ?? session));
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "CONNECTED",
      active: true,
    });
  });
});

test("an authorization server that the app may not dial fails the waiting session with that error", async () => {
  const mcp = appFor(server, { outbound: { allowHosts: server.hosts.slice(0, 1) } });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  await expect(mcp.forUser(session.userId).authorization.start(session.sessionId)).rejects.toMatchObject({
    code: "SERVER_URL_FORBIDDEN",
  });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code: "SERVER_URL_FORBIDDEN" },
  });
});

test("an unreachable authorization server fails the waiting session with that error", async () => {
  const own = await startOauthServer();
  const mcp = appFor(own);
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: own.url });
  await own.close();
  const session = { userId, sessionId };
  await expect(mcp.forUser(session.userId).authorization.start(session.sessionId)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
  });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code: "SERVER_UNREACHABLE" },
  });
});
