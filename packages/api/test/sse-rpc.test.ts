import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { type McpRpcRequest, rpcResultSchemas } from "@mcp-assistant/protocol";
import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { clientOf, follow, openSignIn, returnFrom } from "./app.js";
import { type SseApp, startSseApp } from "./sse-app.js";
import { expectNoUnhandledRejection } from "./watch.js";

let modern: DemoServer;
let books: BookkeepingServer;
let app: SseApp;

expectNoUnhandledRejection();
beforeAll(async () => {
  [modern, books] = await Promise.all([startModernServer(), startBookkeepingServer()]);
  app = await startSseApp({ outbound: { allowHosts: [...modern.hosts, ...books.hosts] } });
});
afterAll(async () => {
  await app?.close();
  await Promise.all([modern?.close(), books?.close()]);
});

async function call(cookie: string, request: McpRpcRequest) {
  const response = await fetch(app.url, {
    method: "POST",
    headers: { "content-type": "application/json", origin: app.origin, cookie },
    body: JSON.stringify(request),
  });
  return { status: response.status, cookies: response.headers.getSetCookie(), ...JSON.parse(await response.text()) };
}

test("every method answers with the result of its schema", async () => {
  const cookie = `user=${crypto.randomUUID()}`;
  const asked = async (request: McpRpcRequest) => {
    const { status, id, result } = await call(cookie, request);
    expect([status, id]).toEqual([200, request.id]);
    expect(rpcResultSchemas[request.method].parse(result)).toEqual(result);
    return result;
  };
  const { sessionId } = await asked({ id: "1", method: "connect", params: { serverUrl: modern.url } });
  expect(await asked({ id: "2", method: "getSessions" })).toMatchObject({
    sessions: [{ sessionId, state: "CONNECTED" }],
  });
  expect((await asked({ id: "3", method: "listTools", params: { sessionId } })).tools).toHaveLength(4);
  const params = { sessionId, name: "add", arguments: { a: 1, b: 2 } };
  expect(await asked({ id: "4", method: "callTool", params })).toMatchObject({ structuredContent: { sum: 3 } });
  modern.resetRequests();
  expect(await asked({ id: "5", method: "refreshSession", params: { sessionId } })).toMatchObject({
    state: "CONNECTED",
  });
  expect(modern.requests().filter(({ rpcMethod }) => rpcMethod === "tools/list")).toHaveLength(1);
  expect(await asked({ id: "6", method: "disconnect", params: { sessionId } })).toBeNull();
  expect(await asked({ id: "7", method: "refreshSession", params: { sessionId } })).toMatchObject({
    state: "DISCONNECTED",
  });
  expect(await asked({ id: "8", method: "reconnect", params: { sessionId } })).toMatchObject({ state: "CONNECTED" });
});

test("a failure has the status of its code", async () => {
  const cookie = `user=${crypto.randomUUID()}`;
  const { status, id, error } = await call(cookie, { id: "1", method: "connect", params: { serverUrl: "ftp://a" } });
  expect([status, id, error.code]).toEqual([400, "1", "SERVER_URL_INVALID"]);
});

describe("as the whole server, it serves the sign-in pages", () => {
  async function signingIn() {
    const user = `user-${crypto.randomUUID()}`;
    const { result } = await call(`user=${user}`, { id: "1", method: "connect", params: { serverUrl: books.url } });
    expect(result).toMatchObject({
      state: "AUTHENTICATING",
      authUrl: expect.stringContaining(`${app.origin}/api/mcp/auth/`),
    });
    const { cookie, location } = await openSignIn(result.authUrl, user);
    return { user, cookie, sessionId: result.sessionId, callback: new URL(await books.answer(location)) };
  }

  test("and a sign-in ends on one of them", async () => {
    const { cookie, callback } = await signingIn();
    expect((await returnFrom(callback, cookie)).text).toContain("Connected to");
  });

  test("finishAuth finishes a sign-in for its user and browser alone, and a repeat says the same", async () => {
    const { user, cookie, sessionId, callback } = await signingIn();
    const finish = (as: string, text: string) =>
      call(as, { id: "1", method: "finishAuth", params: { callback: text } });
    const refused = { status: 400, error: { code: "INVALID_STATE" } };
    expect(await finish(`user=${user}`, callback.href), "without the attempt's cookie").toMatchObject(refused);
    expect(await finish(cookie.replace(user, "mallory"), callback.href), "as another user").toMatchObject(refused);
    const elsewhere = new URL(callback);
    elsewhere.searchParams.set("iss", "https://evil.example");
    expect(await finish(cookie, elsewhere.href), "from another issuer").toMatchObject(refused);
    expect(await finish(cookie, "?code=a&state=b")).toMatchObject(refused);

    const finished = await finish(cookie, callback.search);
    expect(finished).toMatchObject({ status: 200, result: { sessionId, state: "CONNECTED", signedIn: true } });
    expect(finished.cookies).toEqual([expect.stringMatching(/^mcp_attempt_\w+=; .*Max-Age=0/)]);
    expect(await finish(cookie, callback.search)).toMatchObject({ result: { sessionId, state: "CONNECTED" } });
    expect(JSON.stringify(finished)).not.toContain(callback.searchParams.get("code"));
  });
});

test("as the whole server, it serves the procedures, under the same userId and onAuth", async () => {
  let isAllowed = true;
  const own = await startSseApp({ outbound: { allowHosts: modern.hosts } }, { onAuth: () => isAllowed });
  onTestFinished(own.close);
  const user = `user-${crypto.randomUUID()}`;
  const { connections, tools } = clientOf(own.origin, user);
  const stream = follow(own.origin, user);
  const { sessionId } = await connections.connect.mutate({ serverUrl: modern.url });
  expect(await connections.list.query()).toMatchObject([{ sessionId, state: "CONNECTED" }]);
  const sum = await tools.call.mutate({ sessionId, name: "add", arguments: { a: 20, b: 22 } });
  expect(sum).toMatchObject({ structuredContent: { sum: 42 } });
  await stream.until(({ type }) => type === "tools_discovered");
  stream.stop();

  const list = (headers: Record<string, string>) =>
    fetch(`${own.origin}/api/mcp/trpc/mcp.connections.list`, { headers });
  const stranger = await list({});
  expect(stranger.status).toBe(401);
  expect(await stranger.text()).toContain("UNAUTHENTICATED");
  isAllowed = false;
  const refused = await list({ authorization: `Bearer ${user}` });
  expect(refused.status).toBe(403);
  expect(await refused.text()).toContain("ACCESS_DENIED");
});
