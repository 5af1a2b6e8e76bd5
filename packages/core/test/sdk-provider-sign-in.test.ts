import { StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeEach, expect, test } from "vitest";
import { maxListedAttempts } from "../src/authorization/sign-in/open-attempts.js";
import { openSignIn, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { GrantedTokens } from "../src/sdk-provider/sdk-types.js";
import { callbackAt, signedInAt } from "./bookkeeping.js";
import { bookkeepingApp, connectSdk, providerOf, waitingSession } from "./sdk-provider.js";

const { server, mcp, close } = await bookkeepingApp();
afterAll(close);

beforeEach(() => server.resetCounts());

const signedIn = () => signedInAt(server, mcp);
const stateOf = async ({ userId, sessionId }: { userId: string; sessionId: string }) =>
  mcp.forUser(userId).get(sessionId);

test("SDK v1 drops the issuer of the callback, so a code alone is refused where the issuer is promised", async () => {
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  await connectSdk("v1", server.url, p).catch(() => undefined);
  const { searchParams } = await server.answer(redirects[0] ?? "");
  const transport = new TransportV1(new URL(server.url), { authProvider: p, fetch: p.fetch });
  await expect(transport.finishAuth(searchParams.get("code") ?? "")).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    hint: expect.stringContaining("p.finishAuth("),
  });
  expect(server.count("authorization_code")).toBe(0);
  await p.finishAuth(searchParams);
  expect((await stateOf(session)).state).toBe("CONNECTED");
  // A repeat changes nothing.
  await p.finishAuth(searchParams);
  expect(server.count("authorization_code")).toBe(1);
});

test("with two open attempts, only the whole callback says which one is meant", async () => {
  const session = await waitingSession(mcp, server.url);
  const [one, other] = [providerOf(mcp, session), providerOf(mcp, session)];
  await connectSdk("v2", server.url, one.p).catch(() => undefined);
  await connectSdk("v2", server.url, other.p).catch(() => undefined);
  const { searchParams } = await server.answer(one.redirects[0] ?? "");
  const transport = new TransportV2(new URL(server.url), { authProvider: other.p, fetch: other.p.fetch });
  await expect(transport.finishAuth(searchParams)).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    hint: expect.stringContaining("p.finishAuth("),
  });
  await other.p.finishAuth(searchParams);
  expect((await stateOf(session)).state).toBe("CONNECTED");
  expect(server.count("authorization_code")).toBe(1);
  const late = await server.answer(other.redirects[0] ?? "");
  await expect(one.p.finishAuth(late.searchParams)).rejects.toMatchObject({ code: "INVALID_STATE" });
  expect((await stateOf(session)).state).toBe("CONNECTED");
});

test("another instance takes the only attempt of a working connection, but not while our own page has one open", async () => {
  const session = await signedIn();
  const [one, other] = [providerOf(mcp, session).p, providerOf(mcp, session).p];
  await one.state();
  await other.clientInformation({ issuer: server.issuer });
  const verifier = await other.codeVerifier();
  expect(verifier.length).toBeGreaterThan(42);
  await expect(one.codeVerifier()).rejects.toMatchObject({ code: "INVALID_STATE" });
  await start(mcp, session);
  await expect(one.codeVerifier()).rejects.toMatchObject({ code: "INVALID_STATE", reason: "foreign" });
  await providerOf(mcp, session).p.state();
  await expect(one.codeVerifier()).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    hint: expect.stringContaining("p.finishAuth("),
  });
});

test("no attempt is the only one while the list is full, because others that are open may have dropped out of it", async () => {
  const session = await signedIn();
  const { p } = providerOf(mcp, session);
  await p.clientInformation({ issuer: server.issuer });
  await p.state();
  for (let listed = 1; listed < maxListedAttempts; listed++) {
    const { authorization } = mcp.forUser(session.userId);
    const started = await authorization.start(session.sessionId, { browser: false });
    const state = new URL(started.kind === "redirect" ? started.url : "").searchParams.get("state") ?? "";
    const failed = new URLSearchParams({ error: "server_error", state, iss: server.issuer });
    await expect(p.finishAuth(failed)).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
  }
  await expect(p.codeVerifier()).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    hint: expect.stringContaining("p.finishAuth("),
  });
});

test("no browser finishes the sign-in of an SDK", async () => {
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  await connectSdk("v2", server.url, p).catch(() => undefined);
  const { searchParams } = await server.answer(redirects[0] ?? "");
  const { authorization } = mcp.forUser(session.userId);
  const inBrowser = authorization.finish({ params: searchParams, cameTo: null, nonceOf: () => undefined });
  await expect(inBrowser).rejects.toMatchObject({ code: "INVALID_STATE", reason: "foreign" });
  expect(await p.finishAuth(searchParams.toString())).toMatchObject({ state: "CONNECTED" });
});

test("one instance opens one attempt, however many of its transports are refused", async () => {
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  const refused = Array.from({ length: 4 }, () => connectSdk("v2", server.url, p).catch(() => undefined));
  await Promise.all(refused);
  expect(new Set(redirects).size).toBe(1);
});

test("the tokens of a sign-in that was cancelled during its exchange are revoked", async () => {
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  await connectSdk("v2", server.url, p).catch(() => undefined);
  const { searchParams } = await server.answer(redirects[0] ?? "");
  const stall = server.stall(({ at }) => at === "token granted");
  const transport = new TransportV2(new URL(server.url), { authProvider: p, fetch: p.fetch });
  const finishing = transport.finishAuth(searchParams).then(
    () => "finished",
    (error: unknown) => error,
  );
  await stall.until(1);
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  stall.release();
  expect(await finishing).toMatchObject({ code: "INVALID_STATE" });
  expect(server.count("revoke")).toBe(1);
  expect(await stateOf(session)).toMatchObject({ state: "DISCONNECTED", signedIn: false });
});

test("a refused code fails in our own words, and leaves the sign-in of a working connection", async () => {
  const session = await signedIn();
  const { p } = providerOf(mcp, session);
  await p.tokens();
  const state = await p.state();
  const url = new URL("https://sdk.example/authorize");
  url.searchParams.set("state", state);
  await p.redirectToAuthorization(url);
  const query = new URLSearchParams({ code: "made-up", state, iss: server.issuer });
  const transport = new TransportV2(new URL(server.url), { authProvider: p, fetch: p.fetch });
  const refused = await transport.finishAuth(query).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "AUTHORIZATION_FAILED" });
  expect(JSON.stringify(refused)).not.toContain("made-up");
  expect(await stateOf(session)).toMatchObject({ state: "CONNECTED", signedIn: true });
});

test("a callback of another connection of the same user is refused, and finishes there", async () => {
  const session = await waitingSession(mcp, server.url);
  const { userId } = session;
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url, serverId: "other" });
  const { p, redirects } = providerOf(mcp, session);
  await connectSdk("v2", server.url, p).catch(() => undefined);
  const { searchParams } = await server.answer(redirects[0] ?? "");
  const other = providerOf(mcp, { userId, sessionId }).p;
  await expect(other.finishAuth(searchParams)).rejects.toMatchObject({ code: "INVALID_STATE" });
  await p.finishAuth(searchParams);
  expect((await stateOf(session)).state).toBe("CONNECTED");
});

test("the sign-in of our own page cannot be finished without its browser", async () => {
  const opened = await openSignIn(mcp, server);
  const { params } = await callbackAt(server, opened);
  await expect(providerOf(mcp, opened).p.finishAuth(params)).rejects.toMatchObject({ code: "INVALID_STATE" });
  expect((await stateOf(opened)).state).toBe("AUTHENTICATING");
});

test.each([
  ["no tokens", (p) => p.saveTokens(undefined as never)],
  ["tokens of unknown origin", (p) => p.saveTokens({ access_token: "made-up", token_type: "Bearer" })],
  ["a verifier without an attempt", (p) => p.codeVerifier()],
  [
    "a discovery without an attempt",
    (p) => {
      expect(p.fetch).toBeTypeOf("function");
      return p.discoveryState();
    },
  ],
  ["a redirect to nowhere", (p) => p.redirectToAuthorization(undefined as never)],
  ["a redirect to text", (p) => p.redirectToAuthorization("made-up" as never)],
  ["a redirect of another attempt", (p) => p.redirectToAuthorization(new URL("https://as.example/?state=made-up"))],
  ["a callback without a state", (p) => p.finishAuth(new URLSearchParams("code=made-up"))],
  ["a callback with a made-up state", (p) => p.finishAuth(new URLSearchParams("code=made-up&state=made-up"))],
] satisfies [string, (p: ReturnType<typeof providerOf>["p"]) => Promise<unknown>][])(
  "%s is refused and changes nothing",
  async (_what, misuse) => {
    const session = await signedIn();
    const before = await stateOf(session);
    await expect(misuse(providerOf(mcp, session).p)).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(await stateOf(session)).toEqual(before);
  },
);

test.each<[string, Record<string, unknown>]>([
  ["a refresh token that is no text", { refresh_token: { toString: () => "made-up" } }],
  ["a lifetime that is no number", { expires_in: "made-up" }],
  ["an endless lifetime", { expires_in: Number.POSITIVE_INFINITY }],
  ["a scope that is no text", { scope: ["made-up"] }],
  ["a token type that is no text", { token_type: 7 }],
  ["a token type that needs a key", { token_type: "DPoP" }],
  ["a refresh token with a line break", { refresh_token: "made\nup" }],
  ["a very long refresh token", { refresh_token: "a".repeat(100_000) }],
])("of the tokens of an exchange, %s leaves the session usable, and nothing of it is stored", async (_what, wrong) => {
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  await connectSdk("v2", server.url, p).catch(() => undefined);
  const { searchParams } = await server.answer(redirects[0] ?? "");
  const saved: Promise<void>[] = [];
  const forging = new Proxy(p, {
    get: (provider, name) => {
      if (name === "saveTokens") {
        return (tokens: GrantedTokens) => {
          const saving = provider.saveTokens({ ...tokens, ...wrong } as GrantedTokens);
          saved.push(saving);
          return saving;
        };
      }
      const value = Reflect.get(provider, name, provider);
      return typeof value === "function" ? value.bind(provider) : value;
    },
  });
  const transport = new TransportV2(new URL(server.url), { authProvider: forging, fetch: p.fetch });
  const outcome = await transport.finishAuth(searchParams).catch((error: unknown) => error);
  expect(saved).toHaveLength(1);
  const [saving] = await Promise.allSettled(saved);
  if (saving?.status === "rejected") expect(outcome).toMatchObject({ code: "AUTHORIZATION_FAILED" });
  const visible = JSON.stringify([outcome ?? null, await stateOf(session), (await p.tokens()) ?? null]);
  expect(visible).not.toMatch(/made.?up|Infinity/);
  // What was refused can be begun again.
  if ((await stateOf(session)).signedIn) return;
  const again = providerOf(mcp, session);
  await connectSdk("v2", server.url, again.p).catch(() => undefined);
  await again.p.finishAuth((await server.answer(again.redirects[0] ?? "")).searchParams);
  expect(await stateOf(session)).toMatchObject({ state: "CONNECTED", signedIn: true });
});

test.each([[""], ["https://app.example/callback"], [null], [7]])("%j is not a callback", async (given) => {
  const { p } = providerOf(mcp, await signedIn());
  await expect(p.finishAuth(given as never)).rejects.toMatchObject({ code: "INVALID_INPUT" });
});
