import { inspect } from "node:util";
import { type ScopedMcpServerOptions, startLoopbackServer, startScopedMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import {
  startGuardedServer,
  startPlainAuthorizationServer,
} from "../authorization/plain-authorization-server.fixture.js";
import { appFor, cameBack, outdateTokens } from "../authorization/sign-in/sign-in.fixture.js";
import { CredentialStore } from "../credentials/credential-store.js";
import type { Mcp } from "../mcp.js";
import { noSessionLimit, someCredentials, someRecord, someUser } from "../samples.fixture.js";
import { openStorage } from "../storage/storage.js";

interface Session {
  userId: string;
  sessionId: string;
}

async function call(mcp: Mcp, session: Session, tool: string, args = {}): Promise<unknown> {
  const client = mcp.forUser(session.userId).client(session.sessionId);
  try {
    return await client.callTool(tool, args);
  } catch (error) {
    return error;
  } finally {
    await client.close();
  }
}

/** A client that the operator has registered for the app itself at a server. */
const ownClient = (url: string, issuer: string) => ({
  authorization: {
    clients: [
      {
        serverOrigin: new URL(url).origin,
        issuer,
        clientId: "the-app-itself",
        clientSecret: "known-only-to-the-app",
        tokenEndpointAuthMethod: "client_secret_post" as const,
        grant: "client_credentials" as const,
      },
    ],
  },
});

async function scoped(wants: ScopedMcpServerOptions["wants"]) {
  const server = await startScopedMcpServer({ wants });
  onTestFinished(server.close);
  return server;
}

/** A key: a token that the user obtained on their own. */
async function keyFor({ origin }: { origin: string }): Promise<{ Authorization: string }> {
  const answer = await fetch(`${origin}/token`, { method: "POST", body: new URLSearchParams({ code: "basic" }) });
  const { access_token } = z.object({ access_token: z.string() }).parse(await answer.json());
  return { Authorization: `Bearer ${access_token}` };
}

const wantsMore = { code: "SCOPE_REQUIRED", retryable: false };

test("when a key does not allow a call, the error asks for another key, not for a sign-in, and the connection stays up", async () => {
  const server = await scoped(({ tool }) => (tool === "two" ? "more" : undefined));
  const mcp = appFor({ hosts: [server.host] });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url, headers: await keyFor(server) });
  const session = { userId, sessionId };
  expect(await call(mcp, session, "two")).toMatchObject({
    ...wantsMore,
    message: `${server.host} needs more permissions than your key has: more`,
    hint: "Use a key with more permissions.",
  });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", authUrl: null });
});

test("a key that does not allow connecting fails the connection, and no sign-in is offered", async () => {
  const server = await scoped(({ method }) => (method === "tools/list" ? "more" : undefined));
  const mcp = appFor({ hosts: [server.host] });
  const userId = someUser();
  const asked = await mcp.forUser(userId).connect({ serverUrl: server.url });
  expect(asked.state).toBe("AUTHENTICATING");
  const answer = await mcp.forUser(userId).reconnect(asked.sessionId, { headers: await keyFor(server) });
  expect(answer).toMatchObject({ state: "FAILED", authUrl: null, error: wantsMore });
  expect(await mcp.forUser(userId).get(asked.sessionId)).toMatchObject({ authUrl: null });
});

test("when the app's own client lacks a permission, the error points to the operator, and no sign-in is offered", async () => {
  let wanting = "two";
  const server = await scoped(({ tool, method }) => ([tool, method].includes(wanting) ? "more" : undefined));
  const mcp = appFor({ hosts: [server.host] }, ownClient(server.url, server.origin));
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  const expected = { ...wantsMore, message: `${server.host} needs more permissions than this app has: more` };
  expect(await call(mcp, session, "two")).toMatchObject({
    ...expected,
    operatorHint: expect.stringContaining("authorization.clients"),
  });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", authUrl: null });
  wanting = "tools/list";
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({
    state: "FAILED",
    authUrl: null,
    error: expected,
  });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ authUrl: null });
});

/** A server that the app uses with its own client, and its authorization server. */
async function served({ beforeTokens }: { beforeTokens?: () => Promise<unknown> } = {}) {
  const authorization = await startPlainAuthorizationServer(beforeTokens ? { beforeTokens } : {});
  const guard = { open: true };
  const server = await startGuardedServer({
    issuer: () => authorization.issuer,
    accepts: (token) => guard.open && token !== "",
  });
  onTestFinished(async () => {
    await Promise.all([server.close(), authorization.close()]);
  });
  const mcp = appFor({ hosts: [server.host, authorization.host] }, ownClient(server.url, authorization.issuer));
  return { mcp, server, authorization, guard };
}

test("when a server no longer accepts the app's own token, calls fail with an error that says so, and no sign-in is offered", async () => {
  const { mcp, server, guard } = await served();
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  guard.open = false;
  const refused = { code: "AUTHORIZATION_FAILED", message: `${server.host} rejected this app's own sign-in` };
  expect(await call(mcp, session, "add", { a: 1, b: 1 })).toMatchObject(refused);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ authUrl: null });
  guard.open = true;
  expect(await call(mcp, session, "add", { a: 1, b: 1 })).toMatchObject({ content: [{ text: "2" }] });
});

test("an app's own token that none of our keys can decrypt is requested again", async () => {
  const { mcp, server } = await served();
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  await damageCredentials(session);
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(await call(mcp, session, "add", { a: 1, b: 1 })).toMatchObject({ content: [{ text: "2" }] });
});

test("once the app's own client no longer covers a server, its token is not used there, and the user is asked to sign in", async () => {
  const { mcp, server, authorization } = await served();
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const elsewhere = ownClient("https://mcp.example.com", authorization.issuer);
  const later = appFor({ hosts: [server.host, authorization.host] }, elsewhere);
  expect(await later.forUser(userId).reconnect(sessionId)).toMatchObject({ state: "AUTHENTICATING" });
});

test("the error for a slow authorization server names that server, not the MCP server", {
  timeout: 40_000,
}, async () => {
  const slow = { is: false, ended: new AbortController() };
  onTestFinished(() => slow.ended.abort());
  const stall = () =>
    new Promise<void>((resolve) => {
      if (!slow.is) return resolve();
      slow.ended.signal.addEventListener("abort", () => resolve());
    });
  const { mcp, server, authorization } = await served({ beforeTokens: stall });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  slow.is = true;
  await outdateTokens({ userId, sessionId });
  const error = await call(mcp, { userId, sessionId }, "add", { a: 1, b: 1 });
  expect(error).toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
  expect(String(error)).toContain(authorization.host);
  expect(String(error)).not.toContain(server.host);
});

test("a new key does not discard a sign-in that this process cannot decrypt, because another process may be able to", async () => {
  const server = await scoped(() => undefined);
  const mcp = appFor({ hosts: [server.host] });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  const started = await mcp.forUser(session.userId).authorization.start(session.sessionId);
  if (started.kind !== "redirect") throw new Error(`The session is ${started.state}`);
  const redirect = await fetch(started.url, { redirect: "manual" });
  const back = cameBack(new URL(redirect.headers.get("location") ?? ""));
  await mcp.forUser(userId).authorization.finish({ ...back, nonceOf: () => started.nonce });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "CONNECTED",
    signedIn: true,
  });
  await damageCredentials(session);
  const headers = await keyFor(server);
  await expect(mcp.forUser(session.userId).reconnect(session.sessionId, { headers })).rejects.toMatchObject({
    code: "SESSION_UNREADABLE",
  });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ signedIn: true, headerNames: [] });
  await mcp.forUser(session.userId).signOut(session.sessionId);
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId, { headers })).toMatchObject({
    state: "CONNECTED",
  });
});

test("when a server echoes what it was sent, none of it ends up in an error or its causes", async () => {
  const inner = await scoped(() => undefined);
  const own = await keyFor(inner);
  let repeats = false;
  const server = await startLoopbackServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (repeats) return void response.writeHead(400).end(JSON.stringify([request.headers, text]));
    const headers = { ...own, accept: "application/json, text/event-stream", "content-type": "application/json" };
    const answer = await fetch(`${inner.origin}${request.url}`, { method: "POST", headers, body: text });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  onTestFinished(server.close);
  const mcp = appFor({ hosts: [server.host] });
  const userId = someUser();
  const headers = { "X-Api-Key": "a-key-that-stays-secret" };
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: `${server.origin}/mcp`, headers });
  const client = mcp.forUser(userId).client(sessionId);
  onTestFinished(() => client.close());
  await client.connect();
  repeats = true;
  const error = await client.callTool("one", { a: "an-argument-that-stays-secret" }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "SERVER_ERROR" });
  expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/that-stays-secret/);
});

/** Makes the credentials unreadable, as after the loss of an encryption key. */
async function damageCredentials({ userId, sessionId }: Session): Promise<void> {
  const { sessions } = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
  const record = (await sessions.read(userId, sessionId))?.record;
  if (!record) throw new Error("There is no session");
  const next = { ...record, v: record.v + 1 };
  await sessions.commit({ previous: record, next, events: [], credentials: "sealed with a lost key" });
}

const forbidden = { code: "SERVER_URL_FORBIDDEN", message: expect.stringContaining("does not use HTTPS") };

test("a key is not sent to an internet server without https, and no connection is kept", async () => {
  const mcp = appFor({ hosts: [] });
  const userId = someUser();
  const serverUrl = "http://93.184.216.34/mcp";
  const connecting = mcp.forUser(userId).connect({ serverUrl, headers: { "X-Api-Key": "key" } });
  await expect(connecting).rejects.toMatchObject(forbidden);
  expect(await mcp.forUser(userId).list()).toEqual([]);
});

test("a stored sign-in is not sent to an internet server without https, and no new one can be started", async () => {
  const mcp = appFor({ hosts: [] });
  const record = someRecord({ serverUrl: "http://93.184.216.34/mcp" });
  const { sessions, driver, ring } = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
  const credentials = new CredentialStore(driver, { ring, ttl: 60 }).encode(record, someCredentials());
  await sessions.create(record, [], { ...noSessionLimit, credentials });
  const session = { userId: record.userId, sessionId: record.sessionId };
  await expect(mcp.forUser(session.userId).authorization.start(session.sessionId)).rejects.toMatchObject(forbidden);
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({
    state: "FAILED",
    error: forbidden,
  });
});
