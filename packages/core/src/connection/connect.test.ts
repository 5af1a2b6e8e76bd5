import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import {
  refusingOrigin,
  startLoopbackServer,
  startSilentServer,
  startStallingMcpServer,
  startStatusServer,
  startWebPage,
} from "@mcp-assistant/testing/servers";
import { freePort } from "@mcp-assistant/testkit/ports";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cameBack } from "../authorization/sign-in/sign-in.fixture.js";
import { createMcp, type Mcp, type McpOptions } from "../index.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;

beforeAll(async () => {
  modern = await startModernServer();
  return modern.close;
});

const newUser = () => `user-${randomUUID()}`;

function appWith(hosts: readonly string[], options: Partial<McpOptions> = {}): Mcp {
  return createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:3000",
    outbound: { allowHosts: hosts },
    ...options,
  });
}

async function serve<T extends { close(): Promise<void> }>(started: Promise<T>): Promise<T> {
  const server = await started;
  onTestFinished(server.close);
  return server;
}

describe("an invalid or forbidden address is refused before there is a connection", () => {
  const mcp = appWith(["127.0.0.1:3001"]);

  test.each([
    ["not a url", "SERVER_URL_INVALID"],
    ["mcp.example.com/mcp", "SERVER_URL_INVALID"],
    ["ftp://mcp.example.com/", "SERVER_URL_INVALID"],
    ["javascript:alert(1)", "SERVER_URL_INVALID"],
    ["file:///etc/passwd", "SERVER_URL_INVALID"],
    ["https://ada:secret@mcp.example.com/mcp", "SERVER_URL_INVALID"],
    ["http://127.0.0.1:6379/", "SERVER_URL_FORBIDDEN"],
    ["http://127.0.0.1:3002/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://localhost:3002/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://[::1]:3001/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://2130706433:8080/", "SERVER_URL_FORBIDDEN"],
    ["http://10.1.2.3/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://169.254.169.254/latest/meta-data", "SERVER_URL_FORBIDDEN"],
  ])("%s is %s", async (serverUrl, code) => {
    const user = newUser();
    await expect(mcp.forUser(user).connect({ serverUrl })).rejects.toMatchObject({ code });
    expect(await mcp.forUser(user).list()).toEqual([]);
  });

  test("the error for a refused address does not repeat its password", async () => {
    const error: unknown = await mcp
      .forUser(newUser())
      .connect({ serverUrl: "https://ada:hunter2@mcp.example.com" })
      .catch((caught: unknown) => caught);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });
});

describe("a server that cannot be connected leaves a FAILED connection that says why", () => {
  test("a web page", async () => {
    const page = await serve(startWebPage());
    const answer = await appWith([page.host])
      .forUser(newUser())
      .connect({ serverUrl: `${page.origin}/docs` });
    expect(answer).toMatchObject({ state: "FAILED", authUrl: null, error: { code: "NOT_MCP", retryable: false } });
    expect(answer.error?.message).toContain("such as a web page");
    expect(answer.error?.hint).toContain(`${page.origin}/mcp`);
  });

  test("an address that the server does not know", async () => {
    const server = await serve(startStatusServer(404));
    const answer = await appWith([server.host])
      .forUser(newUser())
      .connect({ serverUrl: `${server.origin}/mcp` });
    expect(answer).toMatchObject({ state: "FAILED", error: { code: "NOT_MCP" } });
  });

  test("a server that is broken", async () => {
    const server = await serve(startStatusServer(503));
    const answer = await appWith([server.host])
      .forUser(newUser())
      .connect({ serverUrl: `${server.origin}/mcp` });
    expect(answer).toMatchObject({ state: "FAILED", error: { code: "SERVER_ERROR", retryable: true } });
  });

  test("a port that refuses connections", async () => {
    const { origin, host } = await refusingOrigin();
    const mcp = appWith([host]);
    const user = newUser();
    const answer = await mcp.forUser(user).connect({ serverUrl: `${origin}/mcp` });
    expect(answer).toMatchObject({ state: "FAILED", error: { code: "SERVER_UNREACHABLE", retryable: true } });
    expect(answer.error?.message).toContain("connection refused");
    expect(await mcp.forUser(user).list()).toMatchObject([{ state: "FAILED", error: { code: "SERVER_UNREACHABLE" } }]);
  });

  test("a server that hangs, at the start or halfway", async () => {
    const limits = { connectTimeout: 400, listTimeout: 400 };
    const silent = await serve(startSilentServer());
    const stalling = await serve(startStallingMcpServer("tools/list"));
    const mcp = appWith([silent.host, stalling.host], { limits });
    const user = newUser();
    expect(await mcp.forUser(user).connect({ serverUrl: silent.origin })).toMatchObject({
      state: "FAILED",
      error: { code: "CONNECT_TIMEOUT", retryable: true },
    });
    expect(await mcp.forUser(user).connect({ serverUrl: stalling.origin })).toMatchObject({
      state: "FAILED",
      error: { code: "REQUEST_TIMEOUT", retryable: true },
    });
  });

  test("a redirect to an address that is not allowed is not followed", async () => {
    let visits = 0;
    const inner = await serve(
      startLoopbackServer((_request, response) => {
        visits += 1;
        response.end();
      }),
    );
    const outer = await serve(
      startLoopbackServer((_request, response) => {
        response.writeHead(307, { location: `${inner.origin}/mcp` }).end();
      }),
    );
    const answer = await appWith([outer.host])
      .forUser(newUser())
      .connect({ serverUrl: `${outer.origin}/mcp` });
    expect(answer.state).toBe("FAILED");
    expect(visits).toBe(0);
  });
});

test("ten clicks make one connection and dial once, and all get the same answer", async () => {
  const mcp = appWith(modern.hosts);
  const user = newUser();
  modern.resetRequests();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => mcp.forUser(user).connect({ serverUrl: modern.url, serverName: "Tools" })),
  );
  expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(1);
  expect(answers.every(({ state }) => state === "CONNECTED")).toBe(true);
  expect(await mcp.forUser(user).list()).toHaveLength(1);
  expect(modern.requests().filter(({ rpcMethod }) => rpcMethod === "tools/list")).toHaveLength(1);
});

test("a second account on the same server needs a second serverId, and one serverId has one address", async () => {
  const mcp = appWith([...modern.hosts, "127.0.0.1:9"]);
  const user = newUser();
  await mcp.forUser(user).connect({ serverUrl: modern.url, serverId: "work" });
  await mcp.forUser(user).connect({ serverUrl: modern.url, serverId: "home" });
  expect((await mcp.forUser(user).list()).map(({ serverId }) => serverId)).toEqual(["work", "home"]);
  await expect(
    mcp.forUser(user).connect({ serverUrl: "http://127.0.0.1:9/mcp", serverId: "work" }),
  ).rejects.toMatchObject({
    code: "SESSION_CONFLICT",
  });
});

test("a cancel ends the wait for a server that does not answer", async () => {
  const stalling = await serve(startStallingMcpServer("initialize"));
  const mcp = appWith([stalling.host]);
  const user = newUser();
  const connecting = mcp.forUser(user).connect({ serverUrl: stalling.origin });
  await stalling.stalled;
  const [connection] = await mcp.forUser(user).list();
  const session = { userId: user, sessionId: connection?.sessionId ?? "" };
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  expect(await connecting).toMatchObject({ state: "DISCONNECTED", error: null });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "DISCONNECTED",
    active: false,
    reason: "You cancelled it",
  });
});

test("a disconnected server can be reconnected; another user's session does not exist", async () => {
  const mcp = appWith(modern.hosts);
  const [user, stranger] = [newUser(), newUser()];
  const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
  const foreign = { userId: stranger, sessionId };
  const client = mcp.forUser(foreign.userId).client(foreign.sessionId);
  for (const attempt of [
    () => mcp.forUser(foreign.userId).get(foreign.sessionId),
    () => mcp.forUser(foreign.userId).listTools(foreign.sessionId),
    () => mcp.forUser(foreign.userId).disconnect(foreign.sessionId),
    () => mcp.forUser(foreign.userId).reconnect(foreign.sessionId),
    () => mcp.forUser(foreign.userId).remove(foreign.sessionId),
    () => mcp.forUser(foreign.userId).authorization.start(foreign.sessionId),
    () => client.callTool("add", { a: 1, b: 1 }),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: "SESSION_NOT_FOUND", message: "Session not found" });
  }
  const own = { userId: user, sessionId };
  expect(await mcp.forUser(own.userId).get(own.sessionId)).toMatchObject({ state: "CONNECTED" });
  await mcp.forUser(own.userId).disconnect(own.sessionId);
  await expect(mcp.forUser(own.userId).client(own.sessionId).callTool("add", { a: 1, b: 1 })).rejects.toMatchObject({
    code: "NOT_CONNECTED",
  });
  expect(await mcp.forUser(own.userId).reconnect(own.sessionId)).toMatchObject({ state: "CONNECTED" });
  await mcp.forUser(own.userId).remove(own.sessionId);
  expect(await mcp.forUser(user).list()).toEqual([]);
});

describe("calling a tool", () => {
  test("an unknown tool is reported after a look at the server's newest list, and the client keeps working", async () => {
    const mcp = appWith(modern.hosts);
    const userId = newUser();
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url });
    const client = mcp.forUser(userId).client(sessionId);
    onTestFinished(() => client.close());
    await expect(client.callTool("no_such_tool")).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
    expect(await client.callTool("add", { a: 2, b: 3 })).toMatchObject({ structuredContent: { sum: 5 } });
  });

  test("a tool's own failure is data", async () => {
    const mcp = appWith(modern.hosts);
    const userId = newUser();
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url });
    const client = mcp.forUser(userId).client(sessionId);
    onTestFinished(() => client.close());
    expect(await client.callTool("time", { timeZone: "Mars/Olympus_Mons" })).toMatchObject({ isError: true });
  });

  test("the next call reconnects a connection that failed temporarily", async () => {
    let down = true;
    const flaky = await serve(
      startLoopbackServer(async (request, response) => {
        if (down) return void response.writeHead(503).end();
        const body = await new Response(Readable.toWeb(request) as ReadableStream).text();
        const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
        const kept = headers.filter(([name]) => !["host", "connection", "content-length"].includes(name));
        const answer = await fetch(modern.url, { method: "POST", headers: kept, body });
        const type = answer.headers.get("content-type") ?? "text/plain";
        response.writeHead(answer.status, { "content-type": type }).end(await answer.text());
      }),
    );
    const mcp = appWith([flaky.host]);
    const userId = newUser();
    const { sessionId, error } = await mcp.forUser(userId).connect({ serverUrl: `${flaky.origin}/mcp` });
    expect(error).toMatchObject({ code: "SERVER_ERROR", retryable: true });
    const client = mcp.forUser(userId).client(sessionId);
    onTestFinished(() => client.close());
    await expect(client.callTool("add", { a: 1, b: 1 })).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    down = false;
    expect(await client.callTool("add", { a: 1, b: 1 })).toMatchObject({ structuredContent: { sum: 2 } });
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  });

  test("a server that requires a sign-in says so; after one, calls use the protocol session that connecting opened", async () => {
    const notes = await serve(startOauthServer());
    const mcp = appWith(notes.hosts);
    const userId = newUser();
    const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl: notes.url });
    expect(state).toBe("AUTHENTICATING");
    const client = mcp.forUser(userId).client(sessionId);
    await expect(client.callTool("create_note")).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    await signIn(mcp, { userId, sessionId });
    notes.resetRequests();
    await client.callTool("create_note", { title: "Milk", body: "Two litres" });
    await client.callTool("search_notes", { query: "milk" });
    await client.close();
    const made = () => notes.requests().map(({ method, rpcMethod }) => rpcMethod ?? method);
    expect(made()).toEqual(["tools/call", "tools/call"]);
    await mcp.forUser(userId).disconnect(sessionId);
    expect(made().at(-1)).toBe("DELETE");
  });

  test("one failed call does not affect the others of the same client", async () => {
    const mcp = appWith(modern.hosts);
    const userId = newUser();
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url });
    const client = mcp.forUser(userId).client(sessionId);
    onTestFinished(() => client.close());
    const cancelled = AbortSignal.abort();
    const results = await Promise.allSettled([
      client.callTool("add", { a: 1, b: 1 }),
      client.callTool("add", { a: 1, b: 2 }, { signal: cancelled }),
      client.callTool("add", { a: 1, b: 3 }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await client.callTool("add", { a: 1, b: 4 })).toMatchObject({ structuredContent: { sum: 5 } });
  });

  test("a client that is kept open continues as the account that signed in last", async () => {
    const notes = await serve(startOauthServer());
    const mcp = appWith(notes.hosts);
    const userId = newUser();
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: notes.url });
    const own = { userId, sessionId };
    await signIn(mcp, own, "Ann");
    const client = mcp.forUser(own.userId).client(own.sessionId);
    onTestFinished(() => client.close());
    await client.callTool("create_note", { title: "Only Ann's", body: "A secret" });
    await signIn(mcp, own, "Bob");
    expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ structuredContent: { notes: [] } });
  });

  test("a sign-in that the server has forgotten ends in FAILED, and a new sign-in works", async () => {
    const port = await freePort();
    const authorizationServerPort = await freePort();
    const before = await startOauthServer({ port, authorizationServerPort, accessTokenTtl: 1 });
    const mcp = appWith(before.hosts);
    const userId = newUser();
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: before.url });
    const own = { userId, sessionId };
    await signIn(mcp, own);
    await before.close();
    // The same addresses, but without memory of any client, token or account.
    const after = await serve(startOauthServer({ port, authorizationServerPort }));
    const client = mcp.forUser(own.userId).client(own.sessionId);
    onTestFinished(() => client.close());
    await expect(client.callTool("search_notes", { query: "" })).rejects.toMatchObject({
      code: "AUTHORIZATION_REQUIRED",
    });
    const failed = await mcp.forUser(own.userId).get(own.sessionId);
    expect(failed).toMatchObject({ state: "FAILED", error: { code: "AUTHORIZATION_REQUIRED" } });
    expect(failed.authUrl).toContain("/api/mcp/auth/start?session=");
    await signIn(mcp, own);
    expect(after.requests().filter(({ path }) => path === "/reg")).toHaveLength(1);
    expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ structuredContent: { notes: [] } });
  });
});

/** Completes a sign-in as a person would. */
async function signIn(mcp: Mcp, session: { userId: string; sessionId: string }, name = "Ada"): Promise<void> {
  const started = await mcp.forUser(session.userId).authorization.start(session.sessionId);
  if (started.kind !== "redirect") throw new Error("The sign-in did not start");
  const back = cameBack(await answerConsentPage(started.url, { name }));
  await mcp.forUser(session.userId).authorization.finish({ ...back, nonceOf: () => started.nonce });
}
