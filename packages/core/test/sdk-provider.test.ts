import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import {
  startBookkeepingServer,
  startCanary,
  startPersonalMcpServer,
  startScopedMcpServer,
} from "@mcp-assistant/testing/servers";
import { StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { appFor, finish, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import { MCPClient, sessionStore, UnauthorizedError } from "../src/index.js";
import { someUser } from "../src/samples.fixture.js";
import { RedisOAuthClientProvider } from "../src/sdk-provider/redis-oauth-client-provider.js";
import { callbackAt, signedInAt } from "./bookkeeping.js";
import {
  bookkeepingApp,
  connectSdk,
  echo,
  providerOf,
  unauthorized,
  versions,
  waitingSession,
} from "./sdk-provider.js";

const { server, mcp, close } = await bookkeepingApp();
afterAll(close);

beforeEach(() => server.resetCounts());

const signedIn = () => signedInAt(server, mcp);
const refreshes = () => server.count("refresh_token");
const stateOf = async ({ userId, sessionId }: { userId: string; sessionId: string }) =>
  mcp.forUser(userId).get(sessionId);

describe.each(versions)("with SDK %s", (version) => {
  test("a user signs in at a real authorization server, another instance finishes, and a client calls", async () => {
    const real = await startOauthServer();
    const app = appFor(real);
    onTestFinished(async () => void (await Promise.all([app.close(), real.close()])));
    const session = await waitingSession(app, real.url);
    const { p, redirects } = providerOf(app, session);
    await expect(connectSdk(version, real.url, p)).rejects.toBeInstanceOf(unauthorized[version]);
    expect(redirects).toHaveLength(1);
    const { searchParams } = await answerConsentPage(redirects[0] ?? "");
    const other = providerOf(app, session).p;
    if (version === "v1") await other.finishAuth(searchParams);
    else {
      const transport = new TransportV2(new URL(real.url), { authProvider: other, fetch: other.fetch });
      await transport.finishAuth(searchParams);
    }
    expect(await app.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "CONNECTED",
      signedIn: true,
    });
    const client = await connectSdk(version, real.url, p);
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
  });

  test("without onRedirect, the error has our own sign-in page, and after the sign-in there the next request works", async () => {
    const session = await waitingSession(mcp, server.url);
    const p = new RedisOAuthClientProvider({ ...session, mcp });
    const page = `http://127.0.0.1:9/api/mcp/auth/start?session=${encodeURIComponent(session.sessionId)}`;
    await expect(connectSdk(version, server.url, p)).rejects.toMatchObject({
      code: "AUTHORIZATION_REQUIRED",
      authUrl: page,
    });
    // The SDK has begun no sign-in of its own.
    await expect(p.codeVerifier()).rejects.toMatchObject({ code: "INVALID_STATE", reason: "unknown" });
    await finish(mcp, await callbackAt(server, await start(mcp, session)));
    const client = await connectSdk(version, server.url, p);
    expect(JSON.stringify(await client.callTool(echo))).toContain("You said hello");
    await client.close();
  });

  test("four transports share one renewal when their token is refused early", async () => {
    const session = await signedIn();
    const open = () => connectSdk(version, server.url, providerOf(mcp, session).p);
    const clients = await Promise.all([open(), open(), open(), open()]);
    server.books.expireAccessTokens();
    const answers = await Promise.all(clients.map((client) => client.callTool(echo)));
    expect(JSON.stringify(answers).match(/You said hello/g)).toHaveLength(4);
    expect(refreshes()).toBe(1);
    await Promise.all(clients.map((client) => client.close()));
  });

  test("a token endpoint that is away signs no one out and starts no sign-in", async () => {
    const session = await signedIn();
    const { p, redirects } = providerOf(mcp, session);
    const client = await connectSdk(version, server.url, p);
    server.books.expireAccessTokens();
    const recover = server.fail(({ at }) => at === "token asked");
    await expect(client.callTool(echo)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
    recover();
    expect(redirects).toEqual([]);
    expect(await stateOf(session)).toMatchObject({ state: "CONNECTED", signedIn: true });
    expect(JSON.stringify(await client.callTool(echo))).toContain("You said hello");
    await client.close();
  });

  test("a sign-in that was ended elsewhere leads to a new one", async () => {
    const session = await signedIn();
    const { p, redirects } = providerOf(mcp, session);
    const client = await connectSdk(version, server.url, p);
    server.books.endGrant((await p.tokens())?.access_token ?? "");
    await expect(client.callTool(echo)).rejects.toBeInstanceOf(unauthorized[version]);
    expect(refreshes()).toBe(1);
    expect(redirects).toHaveLength(1);
    expect(await stateOf(session)).toMatchObject({ state: "AUTHENTICATING" });
    await p.finishAuth((await server.answer(redirects[0] ?? "")).searchParams);
    expect(JSON.stringify(await client.callTool(echo))).toContain("You said hello");
    await client.close();
  });

  test("without p.fetch, a 401 is an error with the line to write, and nothing is asked for", async () => {
    const session = await signedIn();
    const { p, redirects } = providerOf(mcp, session);
    server.books.expireAccessTokens();
    const Transport = version === "v1" ? TransportV1 : TransportV2;
    const transport = new Transport(new URL(server.url), { authProvider: p });
    await transport.start();
    const request = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
    await expect(transport.send(request)).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
      hint: expect.stringContaining("fetch: p.fetch"),
    });
    expect([refreshes(), redirects.length]).toEqual([0, 0]);
    expect(await stateOf(session)).toMatchObject({ state: "CONNECTED", signedIn: true });
  });

  test("an address that is not the connection's gets no token", async () => {
    const canary = await startCanary();
    onTestFinished(canary.close);
    const { p } = providerOf(mcp, await signedIn());
    await expect(connectSdk(version, `http://127.0.0.1:${canary.port}/mcp`, p)).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
    });
    expect(canary.hits()).toBe(0);
  });

  test("a server that refused the request gets no token of the next one, for which the session was made again", async () => {
    const next = await startBookkeepingServer();
    const app = appFor({ hosts: [...server.hosts, ...next.hosts] });
    onTestFinished(async () => void (await Promise.all([app.close(), next.close()])));
    const session = { userId: someUser(), sessionId: sessionStore.generateSessionId() };
    const { p } = providerOf(app, session);
    const waitsAt = (serverUrl: string) =>
      expect(new MCPClient({ ...session, mcp: app, serverUrl }).connect()).rejects.toBeInstanceOf(UnauthorizedError);
    await waitsAt(server.url);
    const stall = server.stall(({ at }) => at === "mcp");
    const connecting = connectSdk(version, server.url, p);
    const refused = expect(connecting).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
    await stall.until(1);
    await app.forUser(session.userId).remove(session.sessionId);
    await waitsAt(next.url);
    await finish(app, await callbackAt(next, await start(app, session)));
    const asked = server.count("mcp");
    stall.release();
    await refused;
    expect(server.count("mcp")).toBe(asked);
    expect(await app.forUser(session.userId).get(session.sessionId)).toMatchObject({ signedIn: true });
  });
});

test.each(versions)(
  "with SDK %s, more permission is asked for beside what is granted, and a server that never has enough is left alone",
  async (version) => {
    const scoped = await startScopedMcpServer({ wants: ({ tool }) => (tool === "two" ? "more" : undefined) });
    const app = appFor({ hosts: [scoped.host] });
    onTestFinished(async () => void (await Promise.all([app.close(), scoped.close()])));
    const { p, redirects } = providerOf(app, await waitingSession(app, scoped.url));
    const call = async (name: string) => {
      const client = await connectSdk(version, scoped.url, p);
      await client.callTool({ name, arguments: {} }).finally(() => client.close());
    };
    const signIn = async () => {
      const { headers } = await fetch(redirects.at(-1) ?? "", { redirect: "manual" });
      await p.finishAuth(headers.get("location") ?? "");
    };
    await expect(call("one")).rejects.toBeInstanceOf(unauthorized[version]);
    await signIn();
    for (let time = 0; time < 2; time++) {
      await expect(call("two")).rejects.toBeInstanceOf(unauthorized[version]);
      await signIn();
    }
    await expect(call("two")).rejects.toMatchObject({ code: "SCOPE_REQUIRED" });
    expect(scoped.asked).toEqual(["basic", "basic more", "basic more"]);
    await call("one");
    await expect(call("two")).rejects.toBeInstanceOf(unauthorized[version]);
  },
);

test.each(versions)("with SDK %s, a connection with a key sends its key", async (version) => {
  const personal = await startPersonalMcpServer();
  const app = appFor({ hosts: [personal.host] });
  onTestFinished(async () => void (await Promise.all([app.close(), personal.close()])));
  const userId = someUser();
  const headers = { Authorization: "Bearer ada" };
  const { sessionId } = await app.forUser(userId).connect({ serverUrl: personal.url, headers });
  const { p } = providerOf(app, { userId, sessionId });
  const client = await connectSdk(version, personal.url, p);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["ada"]);
  expect(await p.tokens()).toBeUndefined();
  await client.close();
});

test("tokens() has the access token and never the refresh token", async () => {
  const tokens = await providerOf(mcp, await signedIn()).p.tokens();
  expect(Object.keys(tokens ?? {}).sort()).toEqual(["access_token", "expires_in", "issuer", "scope", "token_type"]);
});

test("without an mcp, the only open one is used; making a provider opens nothing", async () => {
  const { userId, sessionId } = await signedIn();
  const p = new RedisOAuthClientProvider({ userId, sessionId });
  expect(p.redirectUrl).toBe("http://127.0.0.1:9/api/mcp/auth/callback");
  expect(p.clientMetadata.redirect_uris).toEqual([p.redirectUrl]);
  expect(await p.tokens()).toMatchObject({ token_type: "Bearer" });
  const second = appFor(server, { basePath: "/elsewhere" });
  onTestFinished(() => second.close());
  const late = new RedisOAuthClientProvider({ userId, sessionId });
  await expect(late.tokens()).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
  expect(await p.tokens()).toMatchObject({ token_type: "Bearer" });
});

test("invalidateCredentials erases only the tokens that this instance handed out", async () => {
  const session = await signedIn();
  const [one, other] = [providerOf(mcp, session).p, providerOf(mcp, session).p];
  await one.tokens();
  server.books.expireAccessTokens();
  const client = await connectSdk("v2", server.url, other);
  expect(refreshes()).toBe(1);
  await one.invalidateCredentials("tokens");
  expect(await stateOf(session)).toMatchObject({ state: "CONNECTED", signedIn: true });
  await other.tokens();
  await other.invalidateCredentials("all");
  expect(await stateOf(session)).toMatchObject({ state: "FAILED", signedIn: false });
  expect(server.count("revoke")).toBe(1);
  await client.close();
});

test("a refusal that arrives after another process has finished the sign-in starts no new one", async () => {
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  const opened = await start(mcp, session);
  const stall = server.stall((moment) => moment.at === "mcp" && !moment.authorized);
  const connecting = connectSdk("v2", server.url, p);
  await stall.until(1);
  await finish(mcp, await callbackAt(server, opened));
  stall.release();
  expect(JSON.stringify(await (await connecting).callTool(echo))).toContain("You said hello");
  expect(redirects).toEqual([]);
  expect(await stateOf(session)).toMatchObject({ state: "CONNECTED", signedIn: true });
});

test("a user who has disconnected is not connected behind their back", async () => {
  const session = await signedIn();
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  await expect(connectSdk("v2", server.url, providerOf(mcp, session).p)).rejects.toMatchObject({
    code: "NOT_CONNECTED",
  });
});

test("a stranger's session does not exist", async () => {
  const { sessionId } = await signedIn();
  const { p } = providerOf(mcp, { userId: someUser(), sessionId });
  const notFound = { code: "SESSION_NOT_FOUND" };
  await expect(p.tokens()).rejects.toMatchObject(notFound);
  await expect(p.state()).rejects.toMatchObject(notFound);
  await expect(p.codeVerifier()).rejects.toMatchObject(notFound);
  await expect(p.clientInformation()).rejects.toMatchObject(notFound);
  await expect(p.discoveryState()).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
  await expect(p.fetch(server.url)).rejects.toMatchObject(notFound);
  await expect(p.discoveryState()).rejects.toMatchObject(notFound);
  await expect(p.invalidateCredentials("all")).rejects.toMatchObject(notFound);
  await expect(p.fetch(server.url, { method: "POST", body: "{}" })).rejects.toMatchObject(notFound);
  expect(server.count("mcp")).toBeLessThan(10);
});

test("an onRedirect that is no function is refused at once", () => {
  const make = () => new RedisOAuthClientProvider({ userId: "ada", sessionId: "a", mcp, onRedirect: "/" as never });
  expect(make).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
});
