import { createMcp, type Mcp } from "@mcp-assistant/core";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createMcpHandler, type McpHandlerOptions } from "../src/index.js";
import { watchTimers } from "./watch.js";

const origin = "http://127.0.0.1:9";
const secret = "postgres://app:hunter2@db";

let modern: Awaited<ReturnType<typeof startModernServer>>;
let mcp: Mcp;
let sessionId: string;

beforeAll(async () => {
  modern = await startModernServer();
  mcp = createMcp({ storage: "memory", baseUrl: origin, outbound: { allowHosts: modern.hosts } });
  ({ sessionId } = await mcp.forUser("ada").connect({ serverUrl: modern.url }));
  return modern.close;
});

const post = (name: string, input: unknown): [string, RequestInit] => [
  `trpc/mcp.${name}`,
  { method: "POST", body: JSON.stringify(input), headers: { "content-type": "application/json" } },
];

/** Every kind of request for a user's data. */
const requests = (): [path: string, init?: RequestInit][] => [
  ["trpc/mcp.connections.list"],
  ["trpc/mcp.events.userKey"],
  ["trpc/mcp.connections.list,mcp.events.userKey?batch=1&input={}"],
  ["trpc/mcp.events.subscribe"],
  post("connections.connect", { serverUrl: modern.url, serverId: "made-without-a-user" }),
  post("connections.remove", { sessionId }),
  post("tools.call", { sessionId, name: "add", arguments: { a: 20, b: 22 } }),
  [`auth/start?session=${sessionId}`],
  [`auth/start?session=${sessionId}`, { headers: { "sec-fetch-site": "cross-site" } }],
  ["auth/callback?state=x&code=y", { headers: { "sec-fetch-site": "same-origin" } }],
  [`auth/result/${"0".repeat(64)}`],
];

/** What an app's own authentication may do if the app has a bug or no type checker. */
const answers: [what: string, answer: () => unknown][] = [
  ["throws", () => expect.fail(secret)],
  ["rejects", () => Promise.reject(new Error(secret))],
  ["rejects with nothing", () => Promise.reject(undefined)],
  ["answers null", () => null],
  ["answers undefined", () => Promise.resolve(undefined)],
  ["answers an empty string", () => ""],
  ["answers white space", () => " \t"],
  ["answers a list with a user", () => ["ada"]],
  ["answers an empty list", () => []],
  ["answers a number", () => 7],
  ["answers 0", () => 0],
  ["answers true", () => true],
  ["answers a user object", () => ({ id: "ada" })],
  ["answers an object that looks like a string", () => ({ toString: () => "ada", length: 3 })],
  ["answers a String object", () => Object("ada")],
  ["answers 10 MB", () => "a".repeat(10_000_000)],
  ["answers half a surrogate", () => "ada\ud83d"],
];

describe("CVE-2026-59822: a request has no user, and never an empty one, when the app", () => {
  test.each(answers)("%s", async (what, answer) => {
    // Only the app's own failures may be temporary, so only they are a 500.
    const refusals = /throws|rejects/.test(what) ? [500] : [400, 401, 412];
    const before = JSON.stringify(await mcp.forUser("ada").list());
    const options = { mcp, userId: answer as McpHandlerOptions["userId"] };
    const handler = createMcpHandler(options);
    for (const [path, init = {}] of requests()) {
      const request = new Request(`${origin}/api/mcp/${path}`, init);
      const response = await handler[init.method === "POST" ? "POST" : "GET"](request);
      const text = await response.text();
      expect(text, path).not.toContain("hunter2");
      expect(text, path).not.toMatch(/"result":|"type":"reset"|aaaaaaaaaa/);
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
      if (isStream)
        expect(text, path).toMatch(
          refusals.includes(500) ? /INTERNAL_SERVER_ERROR/ : /UNAUTHORIZED|PRECONDITION_FAILED/,
        );
      else if (response.status === 303) expect(response.headers.get("location")).toMatch(/\/auth\/result\/no-user$/);
      else expect(refusals, path).toContain(response.status);
    }
    expect(JSON.stringify(await mcp.forUser("ada").list())).toBe(before);
  });
});

test.each([`auth/start?session=s`, "auth/callback?state=x&code=y", `auth/result/${"0".repeat(64)}`])(
  "if the app cannot tell who is signed in, %s shows one of our pages, and the operator's log says so",
  async (path) => {
    const logged: McpObservabilityEvent[] = [];
    const app = createMcp({ storage: "memory", baseUrl: origin, logger: (event) => logged.push(event) });
    for (const failure of [new Error(secret), undefined, secret]) {
      logged.length = 0;
      const { GET } = createMcpHandler({ mcp: app, userId: () => Promise.reject(failure) });
      const response = await GET(new Request(`${origin}/api/mcp/${path}`));
      expect(response.status).toBe(500);
      expect(response.headers.get("cache-control")).toBe("no-store");
      const text = await response.text();
      expect(text).toContain("<h1>Something went wrong in the app</h1>");
      expect(logged).toMatchObject([{ level: "error", message: "A sign-in page failed" }]);
      expect(text + JSON.stringify(logged)).not.toContain("hunter2");
    }
  },
);

test("an app with an invalid baseUrl says so on every page, too", async () => {
  for (const baseUrl of ["", "localhost:3000", `${origin}/app`, "https://ada:hunter2@a.example"]) {
    const app = createMcp({ storage: "memory", baseUrl });
    const { GET } = createMcpHandler({ mcp: app, userId: () => "ada" });
    for (const path of ["auth/start?session=s", "auth/callback?state=x", "auth/result/gone", "client-metadata.json"]) {
      const response = await GET(new Request(`${origin}/api/mcp/${path}`));
      expect(response.status, path).toBe(412);
      const text = await response.text();
      expect(text).toContain("baseUrl");
      expect(text).not.toContain("hunter2");
    }
  }
});

test("the same requests work for a signed-in user", async () => {
  const { GET } = createMcpHandler({ mcp, userId: () => "ada" });
  for (const [path] of requests().slice(0, 3)) {
    expect((await GET(new Request(`${origin}/api/mcp/${path}`))).status).toBe(200);
  }
});

test.each(["userId", "onAuth"] as const)(
  "if %s never answers, everyone is told after half a minute",
  async (option) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    // Those of this test only: connections of other tests of this process have timers, too.
    const timers = watchTimers();
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    });
    const logged: McpObservabilityEvent[] = [];
    const app = createMcp({ storage: "memory", baseUrl: origin, logger: (event) => logged.push(event) });
    const never = () => new Promise<never>(() => undefined);
    const handler = createMcpHandler({ mcp: app, userId: () => "ada", [option]: never });
    const paths = [
      "auth/start?session=s",
      "trpc/mcp.connections.list",
      "trpc/mcp.events.subscribe",
      "connections",
      "sse",
    ];
    const asked = Promise.all(
      paths.map(async (path) => {
        const response = await handler.GET(new Request(`${origin}/api/mcp/${path}`));
        return { path, status: response.status, text: await response.text() };
      }),
    );
    await vi.advanceTimersByTimeAsync(30_000);
    for (const { path, status, text } of await asked) {
      expect(text, path).toContain("Something went wrong in the app");
      if (!path.includes("subscribe")) expect(status, path).toBe(500);
    }
    expect(logged).toHaveLength(paths.length);
    for (const { level, metadata } of logged) {
      expect([level, metadata?.["mcp_redis.operator_hint"]]).toEqual([
        "error",
        "The option userId or onAuth has not answered for 30 s.",
      ]);
    }
    await vi.waitFor(() => expect(timers.running()).toEqual([]));
  },
);
