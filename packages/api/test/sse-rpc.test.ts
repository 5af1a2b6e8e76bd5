import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { type McpRpcRequest, rpcResultSchemas } from "@mcp-assistant/protocol";
import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSignIn, returnFrom } from "./app.js";
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
  expect((await asked({ id: "a", method: "listResources", params: { sessionId } })).resources).toHaveLength(1);
  const templates = await asked({ id: "b", method: "listResourceTemplates", params: { sessionId } });
  expect(templates.resourceTemplates).toHaveLength(1);
  const read = { sessionId, uri: "time:///zones" };
  expect((await asked({ id: "c", method: "readResource", params: read })).contents).toHaveLength(1);
  expect((await asked({ id: "d", method: "listPrompts", params: { sessionId } })).prompts).toHaveLength(1);
  const prompt = { sessionId, name: "plan_meeting", arguments: { ours: "Europe/Berlin", theirs: "Asia/Tokyo" } };
  expect((await asked({ id: "e", method: "getPrompt", params: prompt })).messages).toHaveLength(1);
  const ref = { type: "ref/prompt", name: "plan_meeting" } as const;
  const wanted = { sessionId, ref, argument: { name: "ours", value: "tokyo" } };
  expect((await asked({ id: "f", method: "complete", params: wanted })).values).toEqual(["Asia/Tokyo"]);
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
  expect(await asked({ id: "9", method: "signOut", params: { sessionId } })).toBeNull();
  expect(await asked({ id: "10", method: "remove", params: { sessionId } })).toBeNull();
  expect(await asked({ id: "11", method: "getSessions" })).toEqual({ sessions: [] });
  const userKey = await asked({ id: "12", method: "userKey" });
  const { body } = await fetch(app.url, { headers: { cookie } });
  const stream = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(": user ")) text += (await stream?.read())?.value ?? expect.fail("It has ended");
  expect(text).toContain(`: user ${userKey}\n`);
  await stream?.cancel();
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
