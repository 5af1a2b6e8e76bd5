import { Readable } from "node:stream";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { freePort } from "@mcp-assistant/testkit/ports";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cameBack } from "../authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../index.js";
import { appWith, newUser, serve } from "./connect.fixture.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;

beforeAll(async () => {
  modern = await startModernServer();
  return modern.close;
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
