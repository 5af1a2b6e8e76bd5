import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EdgeApp, permissionsIn, type RawRequest, send, startEdgeApp } from "./edge-app.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;
let app: EdgeApp;
let sessionId: string;
const events: unknown[] = [];
const stop = new AbortController();
const user = "ada";
const cookie = `user=${user}`;
const json = { "content-type": "application/json" };

beforeAll(async () => {
  modern = await startModernServer();
  app = await startEdgeApp(modern.hosts);
  ({ sessionId } = await app.mcp.forUser(user).connect({ serverUrl: modern.url, serverName: "Only Ada's" }));
  const stream = await app.mcp.forUser(user).subscribe({ signal: stop.signal });
  await stream.next();
  void (async () => {
    for await (const event of stream) events.push(event);
  })();
});
afterAll(async () => {
  stop.abort();
  await app?.close();
  await modern?.close();
});

const trpc = (procedure: string) => `/api/mcp/trpc/mcp.${procedure}`;
const mutations = () => [
  ["connections.connect", { serverUrl: modern.url, serverId: "planted" }],
  ["connections.reconnect", { sessionId }],
  ["connections.disconnect", { sessionId }],
  ["connections.signOut", { sessionId }],
  ["connections.remove", { sessionId }],
  ["connections.refreshSession", { sessionId }],
  ["tools.call", { sessionId, name: "add", arguments: { a: 1, b: 2 } }],
];

/** Sends each of our mutations in one way. None may have an effect: no record, no event, no request at the server. */
async function expectRefused(attack: (path: string, input: string) => RawRequest, statuses: readonly number[]) {
  const before = await app.mcp.forUser(user).list();
  modern.resetRequests();
  events.length = 0;
  for (const [procedure, input] of mutations()) {
    const answer = await send(app.origin, attack(trpc(String(procedure)), JSON.stringify(input)));
    expect(statuses, `${procedure}: ${answer.text}`).toContain(answer.status);
    expect(permissionsIn(answer)).toEqual([]);
    expect(answer.text).not.toContain("Only Ada's");
  }
  expect(await app.mcp.forUser(user).list()).toEqual(before);
  expect(events).toEqual([]);
  // The stream on which the server may say something is open because this reader is there.
  expect(modern.requests().filter(({ rpcMethod }) => rpcMethod !== "subscriptions/listen")).toEqual([]);
}

describe("CVE-2025-49596: a foreign page changes nothing", () => {
  test.each([
    ["another site", () => "https://evil.example"],
    ["hidden", () => "null"],
    ["empty", () => ""],
    ["a name that begins with ours", ({ origin }: EdgeApp) => `${origin}.evil.example`],
    ["a subdomain of ours", ({ origin }: EdgeApp) => origin.replace("//", "//sub.")],
    ["another port", ({ origin }: EdgeApp) => origin.replace(/\d+$/, (port) => String(Number(port) + 1))],
    ["no port", ({ origin }: EdgeApp) => origin.replace(/:\d+$/, "")],
    ["https instead of http", ({ origin }: EdgeApp) => origin.replace("http:", "https:")],
    ["the scheme in capitals", ({ origin }: EdgeApp) => origin.replace("http:", "HTTP:")],
    ["a trailing dot", ({ origin }: EdgeApp) => origin.replace("127.0.0.1", "127.0.0.1.")],
    ["a trailing slash", ({ origin }: EdgeApp) => `${origin}/`],
    ["a path", ({ origin }: EdgeApp) => `${origin}/api`],
    ["ours as a user name", ({ origin }: EdgeApp) => `${origin}@evil.example`],
    ["another name of this machine", ({ origin }: EdgeApp) => origin.replace("127.0.0.1", "localhost")],
    ["0.0.0.0", ({ origin }: EdgeApp) => origin.replace("127.0.0.1", "0.0.0.0")],
    ["two origins", ({ origin }: EdgeApp) => `${origin}, https://evil.example`],
    ["a foreign one and ours", ({ origin }: EdgeApp) => `https://evil.example ${origin}`],
  ])("whose origin is %s", async (_what, originOf) => {
    const headers = { ...json, cookie, origin: originOf(app) };
    await expectRefused((path, body) => ({ method: "POST", path, headers, body }), [403]);
  });

  test("whose request has no origin", async () => {
    await expectRefused((path, body) => ({ method: "POST", path, headers: { ...json, cookie }, body }), [403]);
  });

  test.each(["cross-site", "same-site", "same-origin, cross-site", "something new"])(
    "whose Sec-Fetch-Site is %s",
    async (site) => {
      const headers = { ...json, cookie, origin: app.origin, "sec-fetch-site": site };
      await expectRefused((path, body) => ({ method: "POST", path, headers, body }), [403]);
    },
  );

  const boundary = "----evil";
  test.each([
    ["a form", "application/x-www-form-urlencoded", (json: string) => `json=${encodeURIComponent(json)}`],
    ["a form whose body is JSON", "application/x-www-form-urlencoded", (json: string) => json],
    [
      "a form with a file",
      `multipart/form-data; boundary=${boundary}`,
      (json: string) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n${json}\r\n--${boundary}--`,
    ],
    ["a form of plain text", "text/plain", (json: string) => `${json.slice(0, -1)},"":"="}`],
    ["JSON as text", "text/plain;charset=UTF-8", (json: string) => json],
    ["JSON as text that mentions JSON", "text/plain; application/json", (json: string) => json],
    ["JSON with two types", "text/plain, application/json", (json: string) => json],
    ["JSON as a similar type", "application/jsonp", (json: string) => json],
    ["JSON as bytes", "application/octet-stream", (json: string) => json],
    ["JSON without a type", "", (json: string) => json],
  ])("with %s, from any origin", async (_what, type, write) => {
    const headers = { ...(type ? { "content-type": type } : {}), cookie };
    await expectRefused((path, input) => ({ method: "POST", path, headers, body: write(input) }), [403]);
    const own = { ...headers, origin: app.origin };
    await expectRefused((path, input) => ({ method: "POST", path, headers: own, body: write(input) }), [415]);
  });

  test("with a plain GET", async () => {
    for (const more of ["", "&_method=POST", "&batch=1", "&type=mutation"]) {
      const inQuery = (path: string, input: string) => `${path}?input=${encodeURIComponent(input)}${more}`;
      await expectRefused((path, input) => ({ path: inQuery(path, input), headers: { cookie } }), [400, 405]);
    }
  });

  test.each(["x-http-method-override", "x-http-method", "x-method-override"])("with a GET with %s", async (name) => {
    const headers = { cookie, [name]: "POST", ...json };
    const inQuery = (path: string, input: string) => `${path}?input=${encodeURIComponent(input)}`;
    await expectRefused((path, input) => ({ path: inQuery(path, input), headers }), [405]);
  });

  test.each(["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])("with the method %s", async (method) => {
    const headers = { ...json, cookie, origin: app.origin };
    await expectRefused((path, body) => ({ method, path, headers, body }), [405]);
  });
});

test("a CORS preflight gets no permission", async () => {
  const headers = {
    origin: "https://evil.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
  };
  for (const path of [trpc("connections.connect"), "/api/mcp/auth/start", "/api/mcp/client-metadata.json"]) {
    const answer = await send(app.origin, { method: "OPTIONS", path, headers });
    expect(answer.status).toBe(405);
    expect(permissionsIn(answer)).toEqual([]);
  }
});

test.each([
  ["another origin", { origin: "https://evil.example" }],
  ["a hidden origin", { origin: "null" }],
  ["another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" }],
  ["another port", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }],
])("CVE-2025-66414: %s can read neither answers nor events", async (_who, headers) => {
  const reads = [
    "connections.list",
    "events.subscribe",
    "events.userKey",
    "connections.list,mcp.events.userKey?batch=1",
  ];
  for (const procedure of reads) {
    const answer = await send(app.origin, { path: trpc(procedure), headers: { cookie, ...headers } });
    expect(answer.status, procedure).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { data: { mcp: { code: "REQUEST_REFUSED" } } } });
    expect(permissionsIn(answer)).toEqual([]);
  }
});

test("a foreign page cannot start or finish a sign-in in the background", async () => {
  const headers = { cookie, "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" };
  for (const page of ["start?session=a", "callback?state=a&code=b", "result/unknown"]) {
    const answer = await send(app.origin, { path: `/api/mcp/auth/${page}`, headers });
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain("<");
  }
});

describe("CVE-2025-66414, CVE-2025-49596: a foreign name that points to this machine reaches nothing", () => {
  test.each([
    "rebound.evil.example",
    "127.0.0.1.evil.example",
    "localhost.",
    "evil@127.0.0.1",
    "192.0.2.1",
    "0.0.0.0",
    "[::]",
  ])("%s", async (name) => {
    const host = `${name}:${new URL(app.origin).port}`;
    for (const path of [trpc("connections.list"), "/api/mcp/client-metadata.json", "/api/mcp/auth/start"]) {
      const answer = await send(app.origin, { path, headers: { host, cookie } });
      expect(answer.status, path).toBe(403);
    }
    const headers = { ...json, cookie, host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    await expectRefused((path, body) => ({ method: "POST", path, headers, body }), [403]);
  });

  test("this machine's own names, and those that a proxy uses for it, are let through", async () => {
    for (const host of [app.host, "localhost:3000", "[::1]:3000", "app:8080"]) {
      const answer = await send(app.origin, { path: trpc("connections.list"), headers: { host, cookie } });
      expect(answer.status, host).toBe(200);
    }
    const public_ = await startEdgeApp([], "https://app.example.com");
    const answer = await send(public_.origin, {
      path: trpc("connections.list"),
      headers: { host: "a.internal", cookie },
    });
    expect(answer.status).toBe(200);
    await public_.close();
  });
});

test("the app's own page, and a program with a token, can call tools", async () => {
  const body = JSON.stringify({ sessionId, name: "add", arguments: { a: 40, b: 2 } });
  const call = { method: "POST", path: trpc("tools.call"), body };
  for (const headers of [
    { ...json, cookie, origin: app.origin },
    {
      ...json,
      cookie,
      origin: app.origin,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json; charset=utf-8",
    },
    { ...json, authorization: `Bearer ${user}` },
  ]) {
    const answer = await send(app.origin, { ...call, headers });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text).toContain("42");
    expect(permissionsIn(answer)).toEqual([]);
  }
});
