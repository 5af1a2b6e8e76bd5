import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { Client as ClientV2, SSEClientTransport as SseV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { appFor, finish, openSignIn } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { someUser } from "../src/samples.fixture.js";
import { callbackAt } from "./bookkeeping.js";
import { connectSdk, echo, providerOf, type SdkClient, versions } from "./sdk-provider.js";
import { startSharedOrigin } from "./shared-origin.js";

let issuer: BookkeepingServer;
let shared: Awaited<ReturnType<typeof startSharedOrigin>>;
let mcp: Mcp;

beforeAll(async () => {
  issuer = await startBookkeepingServer();
  shared = await startSharedOrigin(issuer);
  mcp = appFor({ hosts: [...issuer.hosts, shared.host] });
});

afterAll(async () => {
  await mcp.close();
  await Promise.all([issuer.close(), shared.close()]);
});

beforeEach(() => shared.reset());

/** A session that is signed in at this path of the origin. */
async function signedInTo(path: string) {
  const signIn = await openSignIn(mcp, { url: `${shared.origin}${path}` });
  await finish(mcp, await callbackAt(issuer, signIn));
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ signedIn: true });
  shared.reset();
  return signIn;
}

/** A request as a transport sends it. */
async function ask(p: ReturnType<typeof providerOf>["p"], path: string, method = "POST") {
  const headers = { authorization: `Bearer ${(await p.tokens())?.access_token}`, accept: "text/event-stream" };
  const body = method === "POST" ? { body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/x" }) } : {};
  const response = await p.fetch(`${shared.origin}${path}`, { method, headers, ...body });
  await response.body?.cancel();
}

const notSent = { code: "CONFIGURATION_INVALID", message: expect.stringContaining("nothing was sent there") };

test("the token goes to the address of the server and below it, with every method", async () => {
  const { p } = providerOf(mcp, await signedInTo("/ada/mcp"));
  const paths = ["/ada/mcp", "/ada/mcp/", "/ada/mcp?session=1", "/ada/mcp/messages"];
  for (const method of ["POST", "GET", "DELETE"]) {
    for (const path of paths) await ask(p, path, method);
  }
  expect(shared.withSecret()).toEqual(
    ["POST", "GET", "DELETE"].flatMap((method) => paths.map((path) => `${method} ${path}`)),
  );
});

test.each([
  ["/"],
  ["/ada"],
  ["/ada/mcp2"],
  ["/bob/mcp"],
  ["/ADA/mcp"],
  ["/ada%2Fmcp"],
  ["/ada/mcp/../../bob/mcp"],
  ["/ada/mcp/%2e%2E/%2e%2e/bob/mcp"],
  ["/ada/mcp/..%2f..%2fbob/mcp"],
  ["/ada/mcp/..%5c..%5cbob/mcp"],
  ["/ada/mcp/%252e%252e/bob"],
  ["/ada/mcp/..;/..;/bob/mcp"],
  ["/ada/mcp//bob/mcp"],
  ["//ada/mcp"],
])("the token does not go to another path of the origin, and neither does the request: %s", async (path) => {
  const { p } = providerOf(mcp, await signedInTo("/ada/mcp"));
  for (const method of ["POST", "GET", "DELETE"]) await expect(ask(p, path, method)).rejects.toMatchObject(notSent);
  expect(shared.requests()).toEqual([]);
});

test("a query in the server's address is a part of it", async () => {
  const { p } = providerOf(mcp, await signedInTo("/ada/mcp?team=one"));
  await ask(p, "/ada/mcp?team=one");
  for (const path of ["/ada/mcp?team=two", "/ada/mcp"]) await expect(ask(p, path)).rejects.toMatchObject(notSent);
  expect(shared.requests()).toEqual(["POST /ada/mcp?team=one"]);
});

describe.each(versions)("with SDK %s", (version) => {
  test("a redirect below the server's path is followed, and one to another path gets nothing", async () => {
    const { p } = providerOf(mcp, await signedInTo("/ada/mcp"));
    shared.redirect("/ada/mcp", "/ada/mcp/");
    const client = await connectSdk(version, `${shared.origin}/ada/mcp`, p);
    expect(JSON.stringify(await client.callTool(echo))).toContain("You said hello");
    shared.redirect("/ada/mcp", "/bob/mcp");
    await expect(client.callTool(echo)).rejects.toMatchObject(notSent);
    await client.close();
    expect(shared.requests().filter((request) => request.includes("/bob/"))).toEqual([]);
  });

  test("its HTTP+SSE transport works, and may use the address for messages while its stream is open", async () => {
    const { p } = providerOf(mcp, await signedInTo("/ada/sse"));
    const options = { authProvider: p, fetch: p.fetch };
    const url = new URL(`${shared.origin}/ada/sse`);
    const info = { name: "a host's own client", version: "1.0.0" };
    const client = version === "v1" ? new ClientV1(info) : new ClientV2(info);
    const transport = version === "v1" ? new SseV1(url, options) : new SseV2(url, options);
    await client.connect(transport as Transport & SseV2);
    expect(JSON.stringify(await (client as SdkClient).callTool(echo))).toContain("You said hello");
    const messages = shared.withSecret().find((request) => request.startsWith("POST /messages?"));
    const path = messages?.slice("POST ".length) ?? "";
    await expect(ask(p, "/messages?sessionId=other")).rejects.toMatchObject(notSent);
    await expect(ask(p, "/messages")).rejects.toMatchObject(notSent);
    await client.close();
    await expect.poll(() => ask(p, path).catch(({ code }) => code)).toBe("CONFIGURATION_INVALID");
  });
});

test("an HTTP+SSE server cannot name an address of another origin", async () => {
  const { p } = providerOf(mcp, await signedInTo("/ada/sse"));
  shared.nameEndpoint(`${issuer.issuer}/messages`);
  const before = issuer.urls().length;
  const transport = new SseV2(new URL(`${shared.origin}/ada/sse`), { authProvider: p, fetch: p.fetch });
  onTestFinished(() => transport.close());
  await expect(transport.start()).rejects.toThrow(/origin/);
  const headers = { authorization: `Bearer ${(await p.tokens())?.access_token}` };
  const stolen = p.fetch(`${issuer.issuer}/messages`, { method: "POST", headers, body: "{}" });
  await expect(stolen).rejects.toMatchObject(notSent);
  expect(issuer.urls()).toHaveLength(before);
});

test.each([
  ["a sign-in", async () => signedInTo("/ada/mcp")],
  ["a key of the user's", async () => withKey("/ada/mcp")],
])("our own client sends %s along a redirect below the server's path, and to no other", async (_what, made) => {
  const { userId, sessionId } = await made();
  const call = () => mcp.forUser(userId).callTool(sessionId, echo.name, echo.arguments);
  shared.redirect("/ada/mcp", "/ada/mcp/");
  expect(JSON.stringify(await call())).toContain("You said hello");
  shared.redirect("/ada/mcp", "/bob/mcp");
  await expect(call()).rejects.toMatchObject({ code: "NOT_MCP", message: expect.stringContaining("redirects") });
  expect(shared.requests().filter((request) => request.includes("/bob/"))).toEqual([]);
});

async function withKey(path: string) {
  const userId = someUser();
  const headers = { "X-Api-Key": "key" };
  const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl: `${shared.origin}${path}`, headers });
  expect(state).toBe("CONNECTED");
  shared.reset();
  return { userId, sessionId };
}
