import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { errorInfoSchema } from "@mcp-assistant/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EdgeApp, send, startEdgeApp } from "./edge-app.js";
import { openStream } from "./raw-stream.js";
import { rpc } from "./sse-hosts.js";
import { expectNoUnhandledRejection } from "./watch.js";

let modern: DemoServer;
let app: EdgeApp;
let sessionId: string;

expectNoUnhandledRejection();
beforeAll(async () => {
  modern = await startModernServer();
  app = await startEdgeApp(modern.hosts);
});
afterAll(async () => {
  await app?.close();
  await modern?.close();
});

async function ask(method: "GET" | "POST", path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await send(app.origin, {
    method,
    path: `/api/mcp${path}`,
    headers: { "content-type": "application/json", authorization: "Bearer ada", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { ...answer, body: JSON.parse(answer.text) };
}

test("a connection is made, listed, and its tools are listed and called", async () => {
  const connected = await ask("POST", "/connect", { serverUrl: modern.url, serverName: "Tools" });
  expect(connected).toMatchObject({ status: 200, body: { state: "CONNECTED", authUrl: null, error: null } });
  ({ sessionId } = connected.body);
  const { body } = await ask("GET", "/connections");
  expect(body).toEqual({ connections: [expect.objectContaining({ sessionId, serverName: "Tools" })] });
  expect((await ask("GET", `/connections/${sessionId}/tools`)).body.tools).toHaveLength(4);
  const called = await ask("POST", "/tool/call", { sessionId, name: "add", arguments: { a: 20, b: 22 } });
  expect(called).toMatchObject({ status: 200, body: { structuredContent: { sum: 42 } } });
  const renamed = await ask("POST", "/connection/rename", { sessionId, serverName: "My tools" });
  expect(renamed).toMatchObject({ status: 200, body: { sessionId, serverName: "My tools" } });
});

const zone = { ref: { type: "ref/resource", uri: "time:///now/{+zone}" }, argument: { name: "zone", value: "berlin" } };

test("what the server offers is listed, read, filled in and completed", async () => {
  const { body: listed } = await ask("GET", `/connections/${sessionId}/resources`);
  expect(listed).toMatchObject({ resources: [{ uri: "time:///zones" }], leftOut: 0 });
  expect((await ask("GET", `/connections/${sessionId}/resource-templates`)).body.resourceTemplates).toHaveLength(1);
  expect((await ask("GET", `/connections/${sessionId}/prompts`)).body.prompts).toHaveLength(1);
  const { body: said } = await ask("GET", `/connections/${sessionId}/instructions`);
  expect(said).toEqual({ instructions: null });
  const read = await ask("POST", "/resource/read", { sessionId, uri: "time:///now/Europe/Berlin" });
  expect(read).toMatchObject({ status: 200, body: { contents: [{ uri: "time:///now/Europe/Berlin" }] } });
  const args = { ours: "Europe/Berlin", theirs: "Asia/Tokyo" };
  const prompt = await ask("POST", "/prompt/get", { sessionId, name: "plan_meeting", arguments: args });
  expect(prompt).toMatchObject({ status: 200, body: { messages: [{ role: "user" }] } });
  expect((await ask("POST", "/complete", { sessionId, ...zone })).body.values).toEqual(["Europe/Berlin"]);
  const missing = await ask("POST", "/resource/read", { sessionId, uri: "time:///now/Atlantis" });
  expect([missing.status, missing.body.error.code]).toEqual([404, "RESOURCE_NOT_FOUND"]);
});

test.each([
  ["POST", "/connect", { serverUrl: "ftp://a" }, 400, "SERVER_URL_INVALID"],
  ["POST", "/connect", { serverUrl: 7 }, 400, "INVALID_INPUT"],
  ["POST", "/connect", "{", 400, "INVALID_INPUT"],
  ["POST", "/connect", undefined, 400, "INVALID_INPUT"],
  ["POST", "/tool/call", { sessionId: "none", name: "add" }, 404, "SESSION_NOT_FOUND"],
  ["POST", "/tool/call", { name: "add" }, 400, "INVALID_INPUT"],
  ["POST", "/connection/rename", { sessionId: "none", serverName: "a" }, 404, "SESSION_NOT_FOUND"],
  ["POST", "/connection/rename", { sessionId: "none", serverName: " " }, 400, "INVALID_INPUT"],
  ["GET", "/connections/none/tools", undefined, 404, "SESSION_NOT_FOUND"],
  ["GET", "/connections/none/resources", undefined, 404, "SESSION_NOT_FOUND"],
  ["GET", "/connections/none/prompts", undefined, 404, "SESSION_NOT_FOUND"],
  ["GET", "/connections/none/instructions", undefined, 404, "SESSION_NOT_FOUND"],
  ["POST", "/resource/read", { sessionId: "none", uri: "a:b" }, 404, "SESSION_NOT_FOUND"],
  ["POST", "/resource/read", { sessionId: "none", uri: "no URI" }, 400, "INVALID_INPUT"],
  ["POST", "/resource/read", { sessionId: "none", uri: `a:${"b".repeat(10_000)}` }, 400, "INVALID_INPUT"],
  ["POST", "/prompt/get", { sessionId: "none", name: "a", arguments: { b: 7 } }, 400, "INVALID_INPUT"],
  ["POST", "/complete", { sessionId: "none", ref: { type: "ref/other" }, argument: {} }, 400, "INVALID_INPUT"],
] as const)("%s %s with %j is a typed error with the status of its code", async (method, path, body, status, code) => {
  const answer = await ask(method, path, body);
  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  expect(errorInfoSchema.parse(answer.body.error)).toEqual(answer.body.error);
});

const routes = (): ["GET" | "POST", string, unknown][] => [
  ["POST", "/connect", { serverUrl: modern.url, serverId: "planted" }],
  ["POST", "/tool/call", { sessionId, name: "add", arguments: { a: 1, b: 2 } }],
  ["POST", "/connection/rename", { sessionId, serverName: "Taken over" }],
  ["GET", "/connections", undefined],
  ["GET", `/connections/${sessionId}/tools`, undefined],
  ["GET", `/connections/${sessionId}/resources`, undefined],
  ["GET", `/connections/${sessionId}/resource-templates`, undefined],
  ["GET", `/connections/${sessionId}/prompts`, undefined],
  ["GET", `/connections/${sessionId}/instructions`, undefined],
  ["POST", "/resource/read", { sessionId, uri: "time:///zones" }],
  ["POST", "/prompt/get", { sessionId, name: "plan_meeting" }],
  ["POST", "/complete", { sessionId, ...zone }],
];

describe("the border is that of the procedures", () => {
  test("without a user, nothing is answered", async () => {
    for (const [method, path, body] of routes()) {
      const { status, body: answer } = await ask(method, path, body, { authorization: "" });
      expect([status, answer.error.code], path).toEqual([401, "UNAUTHENTICATED"]);
    }
  });

  test("another user's connection does not exist", async () => {
    const headers = { authorization: "Bearer mallory" };
    for (const [method, path, body] of routes().filter(([, path]) => !/^\/connect(?:ions)?$/.test(path))) {
      const { status, body: answer } = await ask(method, path, body, headers);
      expect([status, answer.error.code], path).toEqual([404, "SESSION_NOT_FOUND"]);
    }
    expect((await ask("GET", "/connections", undefined, headers)).body).toEqual({ connections: [] });
  });

  test("a foreign page, a rebound host and a form are refused", async () => {
    modern.resetRequests();
    for (const [method, path, body] of routes()) {
      const foreign = await ask(method, path, body, { origin: "https://evil.example" });
      expect([foreign.status, foreign.body.error.code], path).toEqual([403, "REQUEST_REFUSED"]);
      expect((await ask(method, path, body, { host: "evil.example" })).status).toBe(403);
      if (method === "GET") continue;
      expect((await ask(method, path, body, { "content-type": "text/plain" })).status).toBe(415);
      const headers = { "content-type": "application/json", cookie: "user=ada" };
      expect((await send(app.origin, { method, path: `/api/mcp${path}`, headers, body: "{}" })).status).toBe(403);
      expect((await ask(method, path, "x".repeat(1_048_577))).status).toBe(413);
    }
    expect(modern.requests()).toEqual([]);
  });

  test("a wrong method is answered with the allowed one, and a similar address is not found", async () => {
    for (const [method, path] of routes()) {
      const other = method === "GET" ? "POST" : "GET";
      const answer = await ask(other, path, other === "POST" ? {} : undefined);
      expect([answer.status, answer.headers.allow, answer.body.error.code]).toEqual([405, method, "REQUEST_REFUSED"]);
      for (const similar of [`${path}//`, `/${path}`, path.toUpperCase()]) {
        const { status } = await send(app.origin, {
          path: `/api/mcp${similar}`,
          headers: { authorization: "Bearer ada" },
        });
        expect(status, similar).toBe(404);
      }
    }
  });
});

test("createMcpHandler serves the event stream without tRPC at /sse, too", async () => {
  const url = `${app.origin}/api/mcp/sse`;
  const headers = { authorization: "Bearer ada" };
  expect(await rpc(url, { id: "1", method: "getSessions" }, headers)).toMatchObject({
    id: "1",
    result: { sessions: [{ sessionId }] },
  });
  expect(await rpc(url, { id: "1", method: "getSessions" })).toMatchObject({
    id: "1",
    error: { code: "UNAUTHENTICATED" },
  });
  const refused = await openStream(url);
  expect(refused.response.statusCode).toBe(401);
  refused.hangUp();
});
