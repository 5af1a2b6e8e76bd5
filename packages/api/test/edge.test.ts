import { createMcp } from "@mcp-assistant/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMcpHandler } from "../src/index.js";
import { type EdgeApp, permissionsIn, send, startEdgeApp } from "./edge-app.js";

let app: EdgeApp;
beforeAll(async () => {
  app = await startEdgeApp();
});
afterAll(() => app?.close());

const cookie = "user=ada";
const post = (path: string, body: string | Buffer | AsyncIterable<Buffer>, more: Record<string, string> = {}) =>
  send(app.origin, {
    method: "POST",
    path: `/api/mcp/trpc/mcp.${path}`,
    headers: { cookie, origin: app.origin, "content-type": "application/json", ...more },
    body,
  });

describe("an address that is not written exactly is not found", () => {
  test.each([
    "/api/mcp",
    "/api/mcp/",
    "/api/mcp/trpc",
    "/api/mcp/trpc/",
    "/api/mcp//trpc/mcp.connections.list",
    "/api//mcp/trpc/mcp.connections.list",
    "/api/mcp/trpc//mcp.connections.list",
    "/api/mcp/trpc/mcp.connections.list/x",
    "/api/mcp/trpc/mcp.connections.list;x",
    "/api/mcp/trpc/mcp.connections.list%00",
    "/api/mcp/trpc/mcp.connections.list%20",
    "/api/mcp/trpc%2fmcp.connections.list",
    "/api/mcp%2ftrpc/mcp.connections.list",
    "/api/mcp/trpc/mcp%2econnections.list",
    "/api/mcp/trpc/mcp.connections.list,",
    "/api/mcp/TRPC/mcp.connections.list",
    "/API/MCP/trpc/mcp.connections.list",
    "/api/mcp/auth/start%2f",
    "/api/mcp/auth/Start",
    "/api/mcp/auth/start.rsc",
    "/api/mcp/auth/result",
    "/api/mcp/auth/result/",
    "/api/mcp/auth/result/a/b",
    "/api/mcp/auth/result/%2e%2e%2fstart",
    "/api/mcp/SSE",
    "/api/mcp/connections/a%2fb/tools",
    "/api/mcp/connections//tools",
    "/api/mcp/__proto__",
    "/api/mcp/constructor",
  ])("%s", async (path) => {
    const answer = await send(app.origin, { path, headers: { cookie } });
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("There is nothing at this address");
  });

  test("except that one slash may follow it, as Next.js adds with trailingSlash", async () => {
    const read = (path: string) => send(app.origin, { path, headers: { cookie } });
    expect((await read("/api/mcp/trpc/mcp.connections.list/")).status).toBe(200);
    expect((await read("/api/mcp/auth/start/")).text).toContain("Connecting to the server");
    expect((await read("/api/mcp/auth/start//")).status).toBe(404);
  });

  test("except that a batch may have encoded commas", async () => {
    const path = "/api/mcp/trpc/mcp.connections.list%2Cmcp.events.userKey?batch=1";
    expect((await send(app.origin, { path, headers: { cookie } })).status).toBe(200);
  });
});

test("a wrong method, HEAD included, is answered with the allowed ones", async () => {
  const allowed = {
    "trpc/mcp.connections.list": "GET, POST",
    "auth/start": "GET",
    "auth/callback": "GET",
    [`auth/issuer/${"a".repeat(43)}`]: "GET",
    "auth/result/unknown": "GET, HEAD",
    "client-metadata.json": "GET, HEAD",
    sse: "GET, POST",
    connect: "POST",
    "tool/call": "POST",
    connections: "GET",
    "connections/a/tools": "GET",
  };
  for (const [path, allow] of Object.entries(allowed)) {
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH", ...(allow.includes("HEAD") ? [] : ["HEAD"])]) {
      const answer = await send(app.origin, { method, path: `/api/mcp/${path}`, headers: { cookie } });
      expect([answer.status, answer.headers.allow], `${method} ${path}`).toEqual([405, allow]);
    }
  }
  const head = { method: "HEAD", path: "/api/mcp/auth/result/unknown" };
  expect(await send(app.origin, head)).toMatchObject({ status: 400, text: "" });
  const mutation = await send(app.origin, { path: "/api/mcp/trpc/mcp.connections.connect", headers: { cookie } });
  expect([mutation.status, mutation.headers.allow]).toEqual([405, "POST"]);
  const query = await post("connections.list", "{}");
  expect([query.status, query.headers.allow]).toEqual([405, "GET"]);
});

describe("a body", () => {
  const limit = 1_048_576;
  const input = (length: number) => {
    const start = '{"serverUrl":"';
    return Buffer.from(`${start}${"x".repeat(length - start.length - 2)}"}`);
  };
  async function* inPieces(whole: Buffer) {
    for (let at = 0; at < whole.length; at += 65_536) yield whole.subarray(at, at + 65_536);
  }

  test("of 1 MiB is read", async () => {
    const answer = await post("connections.connect", input(limit));
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("INVALID_INPUT")]);
  });

  test.each([
    ["with a length", (whole: Buffer) => whole],
    ["without a length", inPieces],
  ])("of 1 MiB and a byte %s is refused", async (_what, write) => {
    const answer = await post("connections.connect", write(input(limit + 1)));
    expect(answer.status).toBe(413);
    const message = `The request is too large: at most ${limit} bytes are allowed`;
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message, data: { code: "PAYLOAD_TOO_LARGE" } } });
  });

  test("that never ends is refused after its first mebibyte", async () => {
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent += 65_536;
        yield Buffer.alloc(65_536, " ");
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect((await post("connections.connect", endless())).status).toBe(413);
    expect(sent).toBeLessThan(32 * limit);
  });

  test("that is compressed or not JSON is refused by tRPC, in its format", async () => {
    for (const more of [{}, { "content-encoding": "gzip" }]) {
      const answer = await post("connections.connect", "\u001f\u008b{", more);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { data: { code: "BAD_REQUEST" } } });
    }
  });
});

test("a batch holds at most twenty calls", async () => {
  const batch = (count: number) => {
    const path = `/api/mcp/trpc/${Array.from({ length: count }, () => "mcp.events.userKey").join()}?batch=1`;
    return send(app.origin, { path, headers: { cookie } });
  };
  expect((await batch(20)).status).toBe(200);
  const more = await batch(21);
  expect(more.status).toBe(400);
  expect(more.text).not.toContain('"result"');
  const calls = Array.from({ length: 21 }, () => "connections.list").join(",mcp.");
  expect((await post(`${calls}?batch=1`, "{}")).status).toBe(400);
});

test("no answer may be cached, framed, embedded or sniffed, or lets another origin in", async () => {
  const asked = [
    { path: "/api/mcp/trpc/mcp.connections.list", headers: { cookie } },
    { path: "/api/mcp/trpc/mcp.connections.list" },
    { path: "/api/mcp/trpc/mcp.nothing", headers: { cookie } },
    { path: "/api/mcp/trpc/mcp.connections.list", headers: { cookie, origin: "https://evil.example" } },
    { path: "/api/mcp/auth/start?session=a", headers: { cookie } },
    { path: "/api/mcp/auth/callback?state=a", headers: { cookie, "sec-fetch-site": "same-origin" } },
    { path: "/api/mcp/auth/result/unknown" },
    { path: "/api/mcp/nothing" },
    { path: "/api/mcp/auth/start", method: "PUT" },
    { path: "/api/mcp/trpc/mcp.connections.connect", method: "POST", headers: { "content-type": "text/plain" } },
  ];
  for (const request of asked) {
    const answer = await send(app.origin, request);
    const { headers } = answer;
    expect(headers, request.path).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(permissionsIn(answer)).toEqual([]);
    expect(answer.text).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
  }
});

test.each([
  ["a baseUrl", { storage: "memory" }, "baseUrl"],
  ["keys", { storage: "redis://127.0.0.1:1", baseUrl: "" }, "encryptionKeys"],
])(
  "an app without %s answers with that error only, and names the option to its operator alone",
  async (_what, options, option) => {
    const baseUrl = "baseUrl" in options ? app.origin : undefined;
    const { GET } = createMcpHandler({ mcp: createMcp({ ...options, baseUrl }), userId: () => "ada" });
    const request = new Request(`${app.origin}/api/mcp/trpc/mcp.connections.list`, { headers: { origin: app.origin } });
    const answer = await GET(request);
    expect(answer.status).toBe(412);
    const { error } = JSON.parse(await answer.text());
    const { operatorHint, ...user } = error.data.mcp;
    expect(operatorHint).toContain(option);
    expect(user).toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: "This app is not set up correctly",
      hint: "Contact the people who run this app.",
    });
    expect(JSON.stringify([error.message, user])).not.toContain(option);
  },
);

test("a user id that cannot be used shows a page that has the reason for the operator, closed", async () => {
  const mcp = createMcp({ storage: "memory", baseUrl: app.origin });
  const { GET } = createMcpHandler({ mcp, userId: () => "x".repeat(513) });
  const text = await (await GET(new Request(`${app.origin}/api/mcp/auth/start?session=a`))).text();
  expect(text).toContain("<h1>This app cannot tell who you are</h1>");
  const details = /<details><summary>Details for the app's operator<\/summary><p>(.*?)<\/p><\/details>/.exec(text);
  expect(details?.[1]).toContain("has more than 512 bytes");
  expect(text.replace(details?.[0] ?? "", "")).not.toContain("512 bytes");
});

test("a refusal in plain text has the operator's hint on a line of its own", async () => {
  const answer = await send(app.origin, { path: "/api/mcp/nothing", headers: { cookie } });
  expect(answer.text).toMatch(/^There is nothing at this address\. .+\.\nFor the app's operator: .+\.\n$/);
});
