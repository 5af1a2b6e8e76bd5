import { createMcp } from "@mcp-assistant/core";
import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { mcpErrorCodeSchema, rpcResponseSchema } from "@mcp-assistant/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createSSEHandler } from "../src/index.js";
import { permissionsIn } from "./edge-app.js";
import { innards } from "./fuzzed-app.js";
import { openStream, parseFrames } from "./raw-stream.js";
import { type SseApp, startSseApp } from "./sse-app.js";

import { expectNoUnhandledRejection } from "./watch.js";

let modern: DemoServer;
let app: SseApp;
let sessionId: string;
const user = "ada";
const cookie = `user=${user}`;
const authorization = `Bearer ${user}`;
const json = { "content-type": "application/json" };

expectNoUnhandledRejection();
beforeAll(async () => {
  modern = await startModernServer();
  app = await startSseApp({ outbound: { allowHosts: modern.hosts } });
  ({ sessionId } = await app.mcp.forUser(user).connect({ serverUrl: modern.url, serverName: "Only Ada's" }));
});
beforeEach(() => {
  app.logged.length = 0;
});
afterAll(async () => {
  await app?.close();
  await modern?.close();
});

const post = (request: unknown, headers: Record<string, string> = { authorization }) =>
  app.send({ method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(request) });

const addition = () => ({ id: "1", method: "callTool", params: { sessionId, name: "add", arguments: { a: 1, b: 2 } } });

describe("CSRF: a request that another site's page can cause is refused, for the stream and for calls", () => {
  const attacks: readonly [string, () => Record<string, string>, ("GET" | "POST")[], number][] = [
    ["a foreign origin", () => ({ cookie, origin: "https://evil.example" }), ["GET", "POST"], 403],
    ["a hidden origin", () => ({ cookie, origin: "null" }), ["GET", "POST"], 403],
    ["another port", () => ({ cookie, origin: "http://127.0.0.1:1" }), ["GET", "POST"], 403],
    ["a cookie without an origin", () => ({ cookie }), ["POST"], 403],
    ["a cookie and a token without an origin", () => ({ cookie, authorization }), ["POST"], 403],
    ["a foreign origin with a token", () => ({ authorization, origin: "https://evil.example" }), ["GET", "POST"], 403],
    ["Sec-Fetch-Site cross-site", () => ({ cookie, "sec-fetch-site": "cross-site" }), ["GET", "POST"], 403],
    ["Sec-Fetch-Site same-site", () => ({ cookie, "sec-fetch-site": "same-site" }), ["GET", "POST"], 403],
    ["a rebound host", () => ({ authorization, host: "evil.example" }), ["GET", "POST"], 403],
    ["a form's type", () => ({ cookie, origin: app.origin, "content-type": "text/plain" }), ["POST"], 415],
    ["no type", () => ({ cookie, origin: app.origin, "content-type": "" }), ["POST"], 415],
  ];
  test.each(attacks)("%s", async (_what, headersOf, methods, status) => {
    modern.resetRequests();
    for (const method of methods) {
      const body = method === "POST" ? { body: JSON.stringify(addition()) } : {};
      const answer = await app.send({ method, headers: { ...json, ...headersOf() }, ...body });
      expect([answer.status, method]).toEqual([status, method]);
      const refused = method === "POST" ? JSON.parse(answer.text).error : parseFrames(answer.text)[0]?.data;
      expect(refused).toMatchObject({ code: "REQUEST_REFUSED", retryable: false });
      expect(permissionsIn(answer)).toEqual([]);
      expect(answer.text).not.toContain("Only Ada's");
    }
    expect(modern.requests()).toEqual([]);
  });

  test.each([
    ["a cookie from our own origin", () => ({ cookie, origin: app.origin })],
    ["a token without cookie and origin", () => ({ authorization })],
    ["a token from our own origin", () => ({ authorization, origin: app.origin })],
  ])("%s is let in", async (_what, headersOf) => {
    expect((await post(addition(), headersOf())).status).toBe(200);
  });

  test("another method is answered with the allowed ones", async () => {
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"]) {
      const answer = await app.send({ method, headers: { authorization } });
      expect([answer.status, answer.headers.allow], method).toEqual([405, "GET, POST"]);
    }
  });

  test("a method that no web request can have is refused, too", async () => {
    expect((await app.send({ method: "TRACE", headers: { authorization } })).status).toBe(400);
  });
});

describe("what the address says of the user is never believed", () => {
  test.each([
    ["another user", "userId=grace", "REQUEST_REFUSED", 403, "Take userId out of the url"],
    ["this user and another", "userId=ada&userId=grace", "REQUEST_REFUSED", 403, "Take userId out of the url"],
    ["an authToken", "authToken=ada", "REQUEST_REFUSED", 403, "new SSEClient({ url, authToken })"],
  ])("%s is refused, with the line to change", async (_what, query, code, status, line) => {
    const path = `/api/mcp/sse?${query}`;
    const stream = await app.send({ path, headers: { authorization } });
    expect(stream.status).toBe(status);
    const [frame] = parseFrames(stream.text);
    expect(frame).toMatchObject({ event: "error", data: { code, operatorHint: expect.stringContaining(line) } });
    const call = await app.send({
      method: "POST",
      path,
      headers: { ...json, authorization },
      body: JSON.stringify(addition()),
    });
    expect([call.status, JSON.parse(call.text)]).toEqual([status, { id: "1", error: frame?.data }]);
  });

  test.each(["userId=ada", "userId=ada&authToken=ada", "token=ada", "authToken=ada"])(
    "%s signs no one in",
    async (query) => {
      const { status } = await app.send({ path: `/api/mcp/sse?${query}` });
      expect([401, 403]).toContain(status);
    },
  );

  test("the user's own id is allowed, and a token of the app's own is of no interest", async () => {
    const stream = await openStream(`${app.url}?userId=ada&token=x`, { headers: { authorization } });
    expect(stream.response.statusCode).toBe(200);
    stream.hangUp();
  });

  test("a reader that expects another user is refused", async () => {
    const answer = await post(addition(), { authorization, "x-mcp-user": "grace" });
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([409, "USER_CHANGED"]);
    expect((await post(addition(), { authorization, "x-mcp-user": "ada" })).status).toBe(200);
    const stream = await app.send({ headers: { authorization, "x-mcp-user-key": "of-another-user-0000000" } });
    expect(parseFrames(stream.text)).toMatchObject([{ event: "error", data: { code: "USER_CHANGED" } }]);
  });

  test("an id that may come from the address is reported once", async () => {
    const own = await startSseApp({}, { userId: "ada" });
    for (let time = 0; time < 2; time += 1) {
      await own.send({ method: "POST", path: "/?userId=ada", headers: json, body: "{}" });
    }
    const warnings = own.logged.filter(({ message }) => message.includes("also in the address"));
    expect(warnings).toMatchObject([{ level: "warn" }]);
    await own.close();
  });
});

test("at one path alone, one warning names what serves the sign-in pages", async () => {
  const own = await startSseApp();
  const handler = createSSEHandler({ mcp: own.mcp, userId: "ada" });
  const res = { writeHead: () => undefined, write: () => undefined, end: () => undefined };
  for (let time = 0; time < 2; time += 1) {
    await handler({ method: "POST", url: "/sse", originalUrl: "/mcp/sse", headers: { host: "x" }, body: {} }, res);
  }
  const warnings = own.logged.filter(({ message }) =>
    message.includes("createMcpHandler({ mcp, userId }) at /api/mcp/*"),
  );
  expect(warnings).toHaveLength(1);
  await own.close();
});

test("without an mcp, in a process with several, the answer names the line to change, to the operator alone", async () => {
  const other = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:8" });
  onTestFinished(() => other.close());
  const written: string[] = [];
  const res = { writeHead: () => undefined, write: (text: string) => written.push(text), end: () => undefined };
  await createSSEHandler({ userId: "ada" })({ method: "GET", url: "/", headers: {} }, res);
  expect(parseFrames(written.join(""))).toMatchObject([
    {
      event: "error",
      data: { code: "CONFIGURATION_INVALID", operatorHint: expect.stringContaining("more than one open createMcp") },
    },
  ]);
});

test.each([0, -1, 1.5, 30_001, Number.NaN, Number.POSITIVE_INFINITY])(
  "a heartbeatInterval of %s is an error for the developer",
  (heartbeatInterval) => {
    expect(() => createSSEHandler({ userId: "ada", heartbeatInterval })).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_INVALID", message: expect.stringContaining("heartbeatInterval") }),
    );
  },
);

describe("garbage", () => {
  const valid = (): Record<string, unknown> => ({
    connect: {
      serverUrl: modern.url,
      serverName: "A",
      serverId: "a",
      transportType: "auto",
      headers: { "X-Key": "k" },
    },
    reconnect: { sessionId, headers: { "X-Key": "k" } },
    disconnect: { sessionId },
    listTools: { sessionId },
    callTool: { sessionId, name: "add", arguments: { a: 1, b: 2 } },
    listResources: { sessionId },
    readResource: { sessionId, uri: "time:///zones" },
    getPrompt: { sessionId, name: "plan_meeting", arguments: {} },
    complete: { sessionId, ref: { type: "ref/prompt", name: "a" }, argument: { name: "b", value: "" }, context: {} },
    getSessions: {},
    refreshSession: { sessionId },
    finishAuth: { callback: "?code=a&state=b" },
  });
  const garbage: readonly unknown[] = [
    ...[null, 0, -1.5, true, "", " ", "\u0000", "\ud800", "é\u202e\n"],
    "x".repeat(9_000),
    "__proto__",
    [],
    [[]],
    {},
    { __proto__: null, constructor: { prototype: 1 } },
    JSON.parse('{"__proto__":{"a":1}}'),
    "file:///etc/passwd",
    "javascript:alert(1)",
  ];

  async function expectTyped(request: unknown) {
    // A stranger sends it, so nothing of the owner's may change.
    const answer = await post(request, { authorization: "Bearer mallory" });
    expect(answer.status, answer.text).toBeLessThan(500);
    expect(answer.text).not.toMatch(innards);
    const response = rpcResponseSchema.parse(JSON.parse(answer.text));
    if ("error" in response) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(mcpErrorCodeSchema.options).toContain(response.error.code);
    }
    return response;
  }

  const methods = [
    ...["connect", "reconnect", "disconnect", "listTools", "callTool", "listResources", "readResource", "getPrompt"],
    ...["complete", "getSessions", "refreshSession", "finishAuth"],
  ];

  test.each(methods)("in every field of %s gets a typed error, and changes nothing", async (method) => {
    const before = await app.mcp.forUser(user).list();
    const params = valid()[method] as Record<string, unknown>;
    for (const value of garbage) {
      await expectTyped({ id: "1", method, params: value });
      await expectTyped({ id: value, method, params });
      for (const field of Object.keys(params)) {
        await expectTyped({ id: "1", method, params: { ...params, [field]: value } });
      }
    }
    await expectTyped({ id: "1", method, params });
    expect(await app.mcp.forUser(user).list()).toEqual(before);
  });

  test("as a method or a whole body gets a typed error with the id, if it can be read", async () => {
    for (const value of garbage) {
      expect(await expectTyped({ id: "1", method: value })).toMatchObject({
        id: "1",
        error: { code: "INVALID_INPUT" },
      });
      expect(await expectTyped(value)).toMatchObject({ id: null, error: { code: "INVALID_INPUT" } });
    }
    const deep = "[".repeat(20_000);
    for (const body of ["", "{", "\ufeff", deep, `{"id":"1","method":"callTool","params":${deep}`]) {
      const answer = await app.send({ method: "POST", headers: { ...json, authorization }, body });
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
        400,
        { id: null, error: { code: "INVALID_INPUT" } },
      ]);
    }
  });

  test("names the field, as for a procedure", async () => {
    const answer = await post({ id: "1", method: "listTools", params: { sessionId: 7 } });
    expect(JSON.parse(answer.text).error.message).toMatch(/^sessionId: /);
  });

  test("as a Last-Event-ID is refused, because the log would fail on it at every retry", async () => {
    for (const id of ["x", "1", "1-1-1", "-1-0", "99999999999999999999-0"]) {
      const answer = await app.send({ headers: { authorization, "last-event-id": id } });
      expect(parseFrames(answer.text), id).toMatchObject([{ event: "error", data: { code: "INVALID_INPUT" } }]);
    }
  });

  test("of more than a mebibyte is not read", async () => {
    const answer = await post({ id: "1", method: "x".repeat(1_048_576) });
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([413, "REQUEST_REFUSED"]);
  });
});

test("a stranger's sessionId does not exist, whatever is asked of it", async () => {
  const before = await app.mcp.forUser(user).get(sessionId);
  const ref = { type: "ref/prompt", name: "a" };
  const others: Readonly<Record<string, object>> = {
    callTool: { name: "add", arguments: {} },
    readResource: { uri: "time:///zones" },
    getPrompt: { name: "plan_meeting" },
    complete: { ref, argument: { name: "b", value: "" } },
  };
  const alone = ["reconnect", "disconnect", "listTools", "listResources", "listPrompts", "refreshSession"];
  for (const method of [...alone, ...Object.keys(others)]) {
    const params = { sessionId, ...others[method] };
    const answer = await post({ id: "1", method, params }, { authorization: "Bearer mallory" });
    expect([answer.status, JSON.parse(answer.text).error.code], method).toEqual([404, "SESSION_NOT_FOUND"]);
  }
  expect(await app.mcp.forUser(user).get(sessionId)).toEqual(before);
});
