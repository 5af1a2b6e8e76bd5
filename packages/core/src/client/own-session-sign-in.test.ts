import { answerConsentPage } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, describe, expect, test } from "vitest";
import { storedCredentials, tokenRequests } from "../authorization/sign-in/sign-in.fixture.js";
import { newVersion } from "../credentials/credentials.js";
import { Secret } from "../credentials/secret.js";
import { sessionStore, UnauthorizedError } from "../index.js";
import { someUser, withTokens } from "../samples.fixture.js";
import { startOwnSessions } from "./own-session.fixture.js";

const { notes, open, clientOf, signingIn, close } = await startOwnSessions();
afterAll(close);

describe("a sign-in", () => {
  test("without onRedirect, the error has our own sign-in page", async () => {
    open();
    const { client, sessionId } = signingIn({ onRedirect: undefined });
    const error = await client.connect().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnauthorizedError);
    const authUrl = `http://127.0.0.1:9/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`;
    expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED", authUrl });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ authUrl });
    for (const ask of [client.listTools(), client.callTool("search_notes"), client.refreshSession()]) {
      await expect(ask).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED", authUrl });
    }
  });

  test.each<[string, (back: URL) => URLSearchParams | string]>([
    ["the whole address", (back) => back.href],
    ["the path and the query", (back) => `${back.pathname}${back.search}`],
    ["the query", (back) => back.search],
    ["the query without its question mark", (back) => back.search.slice(1)],
    ["URLSearchParams", (back) => back.searchParams],
  ])("is finished by %s of the callback; then the tools have been listed", async (_form, formOf) => {
    const mcp = open();
    const { client, redirects, userId, sessionId } = signingIn();
    const error = await client.connect().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED", authUrl: expect.stringContaining("/auth/start?") });
    const [authUrl = "", ...others] = redirects;
    expect(others).toEqual([]);
    expect(new URL(authUrl).origin).toBe(notes.issuer);
    const back = await answerConsentPage(authUrl);
    notes.resetRequests();
    expect(await client.finishAuth(formOf(back))).toMatchObject({ sessionId, state: "CONNECTED", toolCount: 3 });
    expect((await client.listTools()).tools).toHaveLength(3);
    expect(tokenRequests(notes, "authorization_code")).toBe(1);
    // A repeat says the same and exchanges nothing.
    expect(await clientOf({ userId, sessionId }).finishAuth(formOf(back))).toMatchObject({ state: "CONNECTED" });
    expect(tokenRequests(notes, "authorization_code")).toBe(1);
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ signedIn: true });
  });

  test("the callback alone finds the session, but only for its own user", async () => {
    open();
    const { client, redirects, userId, sessionId } = signingIn();
    await client.connect().catch(() => undefined);
    const back = await answerConsentPage(redirects[0] ?? "");
    const stranger = clientOf({ userId: someUser() });
    await expect(stranger.finishAuth(back.search)).rejects.toMatchObject({ code: "INVALID_STATE", reason: "foreign" });
    const another = clientOf({ userId, sessionId: sessionStore.generateSessionId() });
    await expect(another.finishAuth(back.search)).rejects.toMatchObject({ code: "INVALID_STATE" });
    const found = clientOf({ userId });
    await expect(found.listTools()).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await found.finishAuth(back.search)).toMatchObject({ sessionId });
    expect(found.sessionId).toBe(sessionId);
    expect((await found.listTools()).tools).toHaveLength(3);
  });

  test("started without a browser, no browser can finish it; started in one, finishAuth cannot", async () => {
    const mcp = open();
    const { client, redirects, userId, sessionId } = signingIn();
    await client.connect().catch(() => undefined);
    const back = await answerConsentPage(redirects[0] ?? "");
    const { authorization } = mcp.forUser(userId);
    for (const nonce of [undefined, "", "nonce"]) {
      const brought = authorization.finish({ params: back.searchParams, cameTo: null, nonceOf: () => nonce });
      await expect(brought).rejects.toMatchObject({ reason: "foreign" });
    }
    const started = await authorization.start(sessionId);
    const url = started.kind === "redirect" ? started.url : "";
    const inBrowser = await answerConsentPage(url);
    await expect(client.finishAuth(inBrowser.search)).rejects.toMatchObject({ reason: "foreign" });
    expect(await client.finishAuth(back.search)).toMatchObject({ state: "CONNECTED" });
  });

  test("that the user declines ends with ACCESS_DENIED, and connect can begin another", async () => {
    open();
    const { client, redirects } = signingIn();
    await client.connect().catch(() => undefined);
    const back = await answerConsentPage(redirects[0] ?? "", { decision: "deny" });
    await expect(client.finishAuth(back.search)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
    await expect(client.connect()).rejects.toBeInstanceOf(UnauthorizedError);
    expect(redirects).toHaveLength(2);
    expect(await client.finishAuth((await answerConsentPage(redirects[1] ?? "")).search)).toMatchObject({
      state: "CONNECTED",
    });
  });

  test("with a code that the authorization server refuses fails, and says so to every caller", async () => {
    open();
    const { client, redirects } = signingIn();
    await client.connect().catch(() => undefined);
    const back = await answerConsentPage(redirects[0] ?? "");
    back.searchParams.set("code", "forged");
    const outcomes = await Promise.allSettled([client.finishAuth(back.search), client.finishAuth(back.search)]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "AUTHORIZATION_FAILED" } });
  });

  test.each([
    ["of another issuer", (back: URL) => back.searchParams.set("iss", "https://evil.example"), "issuer"],
    ["without the issuer that was promised", (back: URL) => back.searchParams.delete("iss"), "issuer"],
    ["with another state", (back: URL) => back.searchParams.set("state", "forged"), "unknown"],
  ])("with a callback %s changes nothing", async (_what, forge, reason) => {
    const mcp = open();
    const { client, redirects, userId, sessionId } = signingIn();
    await client.connect().catch(() => undefined);
    const back = await answerConsentPage(redirects[0] ?? "");
    const forged = new URL(back);
    forge(forged);
    const before = await mcp.forUser(userId).get(sessionId);
    await expect(client.finishAuth(forged.search)).rejects.toMatchObject({ code: "INVALID_STATE", reason });
    expect(await mcp.forUser(userId).get(sessionId)).toEqual(before);
    expect(await client.finishAuth(back.search)).toMatchObject({ state: "CONNECTED" });
  });

  test.each([
    [""],
    [" "],
    [null],
    [undefined],
    [7],
    [{}],
    [[]],
    ["a".repeat(10_000)],
    ["https://app.example/callback"],
  ])("%j is not a callback", async (given) => {
    open();
    const { client } = signingIn();
    await client.connect().catch(() => undefined);
    await expect(client.finishAuth(given as never)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("an onRedirect that throws ends connect with its error", async () => {
    open();
    const onRedirect = () => Promise.reject(new Error("no way to tell them"));
    await expect(signingIn({ onRedirect }).client.connect()).rejects.toThrow("no way to tell them");
  });
});

test("refreshSession lists the tools once, and reports a sign-in that is no longer accepted", async () => {
  const mcp = open();
  const { client, redirects, userId, sessionId } = signingIn();
  await client.connect().catch(() => undefined);
  await client.finishAuth((await answerConsentPage(redirects[0] ?? "")).search);
  await mcp.forUser(userId).disconnect(sessionId);
  await expect(client.refreshSession()).rejects.toMatchObject({ code: "NOT_CONNECTED" });
  await client.connect();
  notes.resetRequests();
  expect(await client.refreshSession()).toMatchObject({ sessionId, state: "CONNECTED", toolCount: 3 });
  expect(notes.requests().filter(({ rpcMethod }) => rpcMethod === "tools/list")).toHaveLength(1);
  await forgetTokens({ userId, sessionId });
  const refused = await clientOf({ userId, sessionId })
    .refreshSession()
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UnauthorizedError);
  expect(refused).toMatchObject({ authUrl: expect.stringContaining(encodeURIComponent(sessionId)) });
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "FAILED", authUrl: expect.any(String) });
});

/** Makes the stored tokens ones that the authorization server does not know. */
async function forgetTokens(session: { userId: string; sessionId: string }): Promise<void> {
  const { store, owner, credentials } = await storedCredentials(session);
  const unknown = {
    accessToken: new Secret("unknown"),
    refreshToken: new Secret("unknown"),
    issuedAt: 0,
    expiresAt: 1,
  };
  await store.replace(owner, credentials, { ...withTokens(credentials, unknown), cv: newVersion() });
}
