import { text } from "node:stream/consumers";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startLoopbackServer, startScopedMcpServer } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { maxListedAttempts } from "../authorization/sign-in/open-attempts.js";
import { appFor, storedCredentials, tokenRequests } from "../authorization/sign-in/sign-in.fixture.js";
import { newVersion } from "../credentials/credentials.js";
import { Secret } from "../credentials/secret.js";
import { MCPClient, type MCPClientOptions, sessionStore, UnauthorizedError } from "../index.js";
import type { McpOptions } from "../options/options.js";
import { attemptOf, someUser, withTokens } from "../samples.fixture.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;
let notes: OauthServer;

beforeAll(async () => {
  [modern, notes] = await Promise.all([startModernServer(), startOauthServer()]);
});
afterAll(() => Promise.all([modern.close(), notes.close()]));

const noMethod = { code: -32601, message: "Method not found" };

function open(options: Partial<McpOptions> = {}, hosts: readonly string[] = [...modern.hosts, ...notes.hosts]) {
  const mcp = appFor({ hosts }, options);
  onTestFinished(() => mcp.close());
  return mcp;
}

function clientOf(options: MCPClientOptions): MCPClient {
  const client = new MCPClient(options);
  onTestFinished(() => client.close());
  return client;
}

/** A client for a server that asks for a sign-in, and the addresses that its `onRedirect` was given. */
function signingIn(options: Partial<MCPClientOptions> = {}, serverUrl = notes.url) {
  const userId = options.userId ?? someUser();
  const sessionId = sessionStore.generateSessionId({ userId, serverUrl });
  const redirects: string[] = [];
  const onRedirect = (authUrl: string) => void redirects.push(authUrl);
  return { userId, sessionId, redirects, client: clientOf({ userId, sessionId, serverUrl, onRedirect, ...options }) };
}

describe("a client with a serverUrl", () => {
  test.each([["with"], ["without"]])("creates the session under exactly its id, made %s arguments", async (how) => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    const sessionId =
      how === "with" ? sessionStore.generateSessionId({ userId, serverUrl }) : sessionStore.generateSessionId();
    const client = clientOf({ userId, sessionId, serverUrl, serverName: "Toolbox", transportType: "sse" });
    await client.connect();
    expect(client.sessionId).toBe(sessionId);
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", serverName: "Toolbox" });
    expect((await client.listTools()).tools).toHaveLength(4);
    expect(await client.callTool("add", { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
    // From now on the ids alone are enough.
    expect(await clientOf({ userId, sessionId }).callTool("add", { a: 2, b: 2 })).toMatchObject({
      structuredContent: { sum: 4 },
    });
    expect(await sessionStore.get(userId, sessionId)).toMatchObject({ sessionId });
    expect(await sessionStore.list(userId)).toMatchObject([{ sessionId }]);
    await client.disconnect();
    await client.connect();
    expect(await mcp.forUser(userId).list()).toMatchObject([{ sessionId, state: "CONNECTED" }]);
    await sessionStore.remove(userId, sessionId);
    await expect(sessionStore.get(userId, sessionId)).rejects.toThrow(/^Session not found$/);
    expect(await sessionStore.list(userId)).toEqual([]);
  });

  test("ten clicks make one session, whether their ids are the same or not, and all clients use it", async () => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    const one = sessionStore.generateSessionId({ userId, serverUrl });
    const ids = Array.from({ length: 10 }, (_, n) =>
      n < 4 ? one : n < 7 ? sessionStore.generateSessionId({ userId, serverUrl }) : sessionStore.generateSessionId(),
    );
    const clients = ids.map((sessionId) => clientOf({ userId, sessionId, serverUrl }));
    await Promise.all(clients.map((client) => client.connect()));
    const [session, ...others] = await mcp.forUser(userId).list();
    expect(others).toEqual([]);
    expect(new Set(clients.map(({ sessionId }) => sessionId))).toEqual(new Set([session?.sessionId]));
    for (const client of clients) expect((await client.listTools()).tools).toHaveLength(4);
  });

  test("with another serverId, the same server has a second session", async () => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    for (const serverId of ["work", "home"]) {
      const sessionId = sessionStore.generateSessionId({ userId, serverUrl, serverId });
      await clientOf({ userId, sessionId, serverUrl, serverId }).connect();
      expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ serverId });
    }
    const other = sessionStore.generateSessionId({ userId, serverUrl: notes.url, serverId: "home" });
    const conflicting = clientOf({ userId, sessionId: other, serverUrl: notes.url, serverId: "home" });
    await expect(conflicting.connect()).rejects.toMatchObject({ code: "SESSION_CONFLICT" });
    expect(await mcp.forUser(userId).list()).toHaveLength(2);
  });

  test.each([
    ["address", () => ({ serverUrl: notes.url }), /uses a different address$/],
    ["serverId", () => ({ serverId: "home" }), /has a different serverId$/],
    ["address and serverId", () => ({ serverUrl: notes.url, serverId: "home" }), /uses a different address$/],
  ])("an id that is in use already is never overwritten with another %s", async (_what, other, message) => {
    const mcp = open();
    const [userId, serverUrl] = [someUser(), modern.url];
    const sessionId = sessionStore.generateSessionId();
    await clientOf({ userId, sessionId, serverUrl }).connect();
    const before = await mcp.forUser(userId).get(sessionId);
    const again = clientOf({ userId, sessionId, serverUrl, ...other() });
    const conflict = { code: "SESSION_CONFLICT", message: expect.stringMatching(message) };
    await expect(again.connect()).rejects.toMatchObject(conflict);
    expect(await mcp.forUser(userId).list()).toEqual([before]);
  });

  test("a client whose session was made again under another id leaves the server's old protocol session", async () => {
    const asked: string[] = [];
    let opened = 0;
    const server = await startLoopbackServer(async (request, response) => {
      const body = await text(request);
      const { id, method } = body ? JSON.parse(body) : { id: undefined, method: request.method };
      asked.push(`${method} ${request.headers["mcp-session-id"] ?? "none"}`);
      const results: Record<string, unknown> = {
        initialize: {
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "a", version: "1" },
        },
        "tools/list": { tools: [{ name: "one", inputSchema: { type: "object" } }] },
        "tools/call": { content: [] },
      };
      const answered = { jsonrpc: "2.0", id, ...(results[method] ? { result: results[method] } : { error: noMethod }) };
      if (method === "initialize") response.setHeader("mcp-session-id", `session-${++opened}`);
      if (id === undefined) return void response.writeHead(request.method === "POST" ? 202 : 405).end();
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered));
    });
    onTestFinished(server.close);
    const mcp = open({}, [new URL(server.origin).host]);
    const [userId, serverUrl] = [someUser(), `${server.origin}/mcp`];
    const clients = [0, 1].map(() => clientOf({ userId, sessionId: sessionStore.generateSessionId(), serverUrl }));
    const [client, another] = clients;
    await client?.connect();
    await client?.callTool("one");
    await sessionStore.remove(userId, client?.sessionId ?? "");
    await another?.connect();
    await client?.connect();
    expect(client?.sessionId).toBe(another?.sessionId);
    asked.length = 0;
    await client?.callTool("one");
    const [session] = await mcp.forUser(userId).list();
    expect(session?.sessionId).toBe(client?.sessionId);
    expect(asked).toEqual([`tools/call session-${opened}`]);
  });

  test("a server that cannot be reached is reported as what it is, and the session stays for another try", async () => {
    const dead = await startModernServer();
    const mcp = open({}, dead.hosts);
    await dead.close();
    const { client, userId, sessionId } = signingIn({}, dead.url);
    await expect(client.connect()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "FAILED" });
  });

  test.each<[string, Partial<Record<keyof MCPClientOptions, unknown>>, string]>([
    ["a userId that is no text", { userId: {} }, "USER_ID_INVALID"],
    ["an empty userId", { userId: " " }, "USER_ID_INVALID"],
    ["no sessionId", { sessionId: undefined }, "INVALID_INPUT"],
    ["an empty sessionId", { sessionId: "" }, "INVALID_INPUT"],
    ["a sessionId that is no text", { sessionId: 7 }, "INVALID_INPUT"],
    ["a sessionId of another form", { sessionId: "session" }, "INVALID_INPUT"],
    ["a sessionId with a line break", { sessionId: `${"a".repeat(24)}\n` }, "INVALID_INPUT"],
    ["a sessionId with a pattern", { sessionId: `${"a".repeat(23)}*` }, "INVALID_INPUT"],
    ["a very long sessionId", { sessionId: `${"a".repeat(24)}.${"b".repeat(100_000)}` }, "INVALID_INPUT"],
    [
      "another user's sessionId",
      { sessionId: sessionStore.generateSessionId({ userId: "grace", serverUrl: "https://a.example" }) },
      "INVALID_INPUT",
    ],
    ["a serverUrl that is no text", { serverUrl: 7 }, "SERVER_URL_INVALID"],
    ["an empty serverUrl", { serverUrl: "" }, "SERVER_URL_INVALID"],
    ["a serverUrl of another scheme", { serverUrl: "file:///etc/passwd" }, "SERVER_URL_INVALID"],
    ["a serverUrl with a password", { serverUrl: "https://a:b@mcp.example.com" }, "SERVER_URL_INVALID"],
    ["a serverUrl on a private network", { serverUrl: "http://127.0.0.1:1/" }, "SERVER_URL_FORBIDDEN"],
    ["a serverId with other characters", { serverId: "a/b" }, "INVALID_INPUT"],
    ["a serverId that the sessionId does not have", { serverId: "other" }, "INVALID_INPUT"],
    ["a serverName that is no text", { serverName: {} }, "INVALID_INPUT"],
    ["a very long serverName", { serverName: "n".repeat(1_000) }, "INVALID_INPUT"],
    ["a callbackUrl that the app does not allow", { callbackUrl: "https://evil.example/" }, "INVALID_INPUT"],
    ["an unknown transportType", { transportType: "websocket" }, "INVALID_INPUT"],
  ])("%s is refused, and nothing is stored or dialled", async (_what, wrong, code) => {
    const mcp = open();
    const userId = someUser();
    const sessionId = sessionStore.generateSessionId({ userId, serverUrl: modern.url });
    modern.resetRequests();
    const options = { userId, sessionId, serverUrl: modern.url, ...wrong } as MCPClientOptions;
    await expect(clientOf(options).connect()).rejects.toMatchObject({ code });
    expect(modern.requests()).toEqual([]);
    expect(await mcp.forUser(userId).list()).toEqual([]);
  });

  test("an onRedirect that is no function is refused at once", () => {
    const make = () => new MCPClient({ userId: "ada", sessionId: "a", onRedirect: "https://a.example" as never });
    expect(make).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });
});

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

describe("a bare code", () => {
  async function scoped(clients: "by hand" | "dynamic" = "by hand") {
    const server = await startScopedMcpServer({ wants: () => undefined });
    onTestFinished(server.close);
    const authorization = clients === "by hand" ? { clients: [{ issuer: server.origin, clientId: "app" }] } : {};
    const mcp = open({ authorization }, [server.host]);
    const signIn = signingIn({}, server.url);
    await expect(signIn.client.connect()).rejects.toBeInstanceOf(UnauthorizedError);
    const codeOf = async (authUrl = "") => {
      const { headers } = await fetch(authUrl, { redirect: "manual" });
      return new URL(headers.get("location") ?? "").searchParams.get("code") ?? "";
    };
    return { ...signIn, mcp, codeOf };
  }

  test("finishes the only open sign-in of a configured issuer that does not name itself, from the ids alone", async () => {
    const { userId, sessionId, redirects, codeOf } = await scoped();
    const client = clientOf({ userId, sessionId });
    expect(await client.finishAuth(await codeOf(redirects[0]))).toMatchObject({ state: "CONNECTED" });
    expect((await client.listTools()).tools).toHaveLength(2);
    await expect(client.finishAuth(await codeOf(redirects[0]))).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  test("is not what is left of a callback without its state, which anybody can make a browser open", async () => {
    const { client, redirects, codeOf } = await scoped();
    const code = await codeOf(redirects[0]);
    for (const stateless of [
      new URLSearchParams({ code }),
      `?code=${code}`,
      `http://127.0.0.1:9/api/mcp/auth/callback?code=${code}`,
    ]) {
      await expect(client.finishAuth(stateless)).rejects.toMatchObject({ code: "INVALID_STATE" });
    }
    expect(await client.finishAuth(code)).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused while two sign-ins are open, and without a session", async () => {
    const { userId, client, redirects, codeOf } = await scoped();
    await client.connect().catch(() => undefined);
    expect(attemptOf(redirects[0] ?? "")).not.toBe(attemptOf(redirects[1] ?? ""));
    const code = await codeOf(redirects[1]);
    for (const refused of [client, clientOf({ userId })]) {
      await expect(refused.finishAuth(code)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        operatorHint: expect.stringContaining("the whole address of the callback"),
      });
    }
  });

  test("is refused while an earlier sign-in is open, even if one between them has failed", async () => {
    const { mcp, userId, sessionId, client, redirects, codeOf } = await scoped();
    const begin = async () => {
      const started = await mcp.forUser(userId).authorization.start(sessionId, { browser: false });
      return started.kind === "redirect" ? started.url : "";
    };
    const state = new URL(await begin()).searchParams.get("state") ?? "";
    const failed = new URLSearchParams({ error: "server_error", state });
    await expect(client.finishAuth(failed)).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
    const code = await codeOf(await begin());
    await expect(client.finishAuth(code)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    expect(await client.finishAuth(headers.get("location") ?? "")).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused while the list of sign-ins is full, because others that are open may have dropped out of it", async () => {
    const { mcp, userId, sessionId, client, redirects, codeOf } = await scoped();
    for (let listed = 1; listed < maxListedAttempts; listed++) {
      const started = await mcp.forUser(userId).authorization.start(sessionId, { browser: false });
      const state = new URL(started.kind === "redirect" ? started.url : "").searchParams.get("state") ?? "";
      const failed = new URLSearchParams({ error: "server_error", state });
      await expect(client.finishAuth(failed)).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
    }
    await expect(client.finishAuth(await codeOf(redirects[0]))).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    expect(await client.finishAuth(headers.get("location") ?? "")).toMatchObject({ state: "CONNECTED" });
  });

  test("finishes the only open sign-in of a working connection", async () => {
    const { mcp, userId, sessionId, client, redirects, codeOf } = await scoped();
    await client.finishAuth(await codeOf(redirects[0]));
    const started = await mcp.forUser(userId).authorization.start(sessionId, { browser: false });
    const code = await codeOf(started.kind === "redirect" ? started.url : "");
    expect(await clientOf({ userId, sessionId }).finishAuth(code)).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused for an issuer that has a redirect URL of its own, and so is a query without it", async () => {
    const { client, redirects } = await scoped("dynamic");
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    const back = new URL(headers.get("location") ?? "");
    for (const [given, problem] of [
      [back.searchParams.get("code") ?? "", "The code alone does not say which sign-in it belongs to"],
      [back.search, "The query of this callback does not say which server it came from"],
      [back.searchParams, "The query of this callback does not say which server it came from"],
    ] as const) {
      await expect(client.finishAuth(given)).rejects.toMatchObject({ code: "INVALID_INPUT", message: problem });
    }
    expect(await client.finishAuth(back)).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused for a server that promises to name itself", async () => {
    open();
    const { client, redirects } = signingIn();
    await client.connect().catch(() => undefined);
    const code = (await answerConsentPage(redirects[0] ?? "")).searchParams.get("code") ?? "";
    await expect(client.finishAuth(code)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("is refused for a sign-in that a browser started", async () => {
    const mcp = open();
    const { client, userId, sessionId } = signingIn({ onRedirect: undefined });
    await client.connect().catch(() => undefined);
    await mcp.forUser(userId).authorization.start(sessionId);
    await expect(client.finishAuth("code")).rejects.toMatchObject({ code: "INVALID_INPUT" });
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
