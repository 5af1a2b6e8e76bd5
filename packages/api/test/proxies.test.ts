import { createMcp, type McpOptions } from "@mcp-assistant/core";
import { expect, test } from "vitest";
import { createMcpHandler } from "../src/index.js";

type App = Pick<McpOptions, "baseUrl" | "trustProxy">;

const app = { baseUrl: "https://app.example.com" };
const trusting = { ...app, trustProxy: true };
const trustingTwo = { ...app, trustProxy: 2 };
const vite = { baseUrl: "http://localhost:5173" };

async function visit(options: App, path: string, init: RequestInit) {
  const mcp = createMcp({ storage: "memory", logger: null, ...options });
  const { GET } = createMcpHandler({ mcp, userId: () => "ada" });
  const response = await GET(new Request(`http://127.0.0.1:4000/api/mcp${path}`, init));
  return { status: response.status, text: await response.text() };
}

/** What the start page shows for a session that does not exist, once the host has passed. */
const passed = [404, "Connection not found"] as const;
const refused = (setting: string) => [400, setting] as const;

// What the header fields look like behind each proxy, and how the page answers. Only the start page needs the host:
// cookies belong to one.
test.each<[string, App, Record<string, string>, readonly [number, string]]>([
  ["no proxy", app, { host: "app.example.com" }, passed],
  ["a proxy that keeps the Host", app, { host: "APP.example.com" }, passed],
  ["one that adds the port of https", app, { host: "app.example.com:443" }, passed],
  ["one that adds the port of http", app, { host: "app.example.com:80" }, passed],
  ["one that adds its own port", app, { host: "app.example.com:8080" }, passed],
  ["nginx as it is", app, { host: "127.0.0.1:4000" }, refused("proxy_set_header Host $http_host")],
  ["nginx with an upstream", app, { host: "backend" }, refused("proxy_set_header Host $http_host")],
  ["nginx with Host $host", app, { host: "app.example.com" }, passed],
  ["Vite as it is", vite, { host: "127.0.0.1:4000" }, refused("changeOrigin: false in Vite")],
  ["Vite with changeOrigin: false", vite, { host: "localhost:5173" }, passed],
  ["Vite with a target on localhost", vite, { host: "localhost:4000" }, passed],
  [
    "Vite with xfwd",
    vite,
    { host: "127.0.0.1:4000", "x-forwarded-host": "localhost:5173" },
    refused("trustProxy: true"),
  ],
  [
    "Vite with xfwd and trustProxy",
    { ...vite, trustProxy: true },
    { host: "127.0.0.1:4000", "x-forwarded-host": "localhost:5173", "x-forwarded-proto": "http" },
    passed,
  ],
  [
    "one that reports the host",
    app,
    { host: "a:1", "x-forwarded-host": "app.example.com" },
    refused("trustProxy: true"),
  ],
  ["one that reports it and is trusted", trusting, { host: "a:1", "x-forwarded-host": "app.example.com" }, passed],
  ["one that is trusted and keeps the Host", trusting, { host: "app.example.com" }, passed],
  [
    "one that ends TLS",
    trusting,
    { host: "a:1", "x-forwarded-host": "app.example.com:443", "x-forwarded-proto": "HTTPS" },
    passed,
  ],
  [
    "one that reports its own port",
    trusting,
    { host: "a:1", "x-forwarded-host": "app.example.com:80", "x-forwarded-proto": "https" },
    passed,
  ],
  [
    "one that reports plain http, over which the browser would keep no cookie of ours",
    trusting,
    { host: "a:1", "x-forwarded-host": "app.example.com", "x-forwarded-proto": "http" },
    refused("You are at http://app.example.com"),
  ],
  [
    "two that append, of which two are trusted",
    trustingTwo,
    { host: "a:1", "x-forwarded-host": "app.example.com, inner:8080", "x-forwarded-proto": "https, http" },
    passed,
  ],
  [
    "two that append, of which one is trusted",
    trusting,
    { host: "a:1", "x-forwarded-host": "app.example.com, inner:8080" },
    refused("the number of your proxies"),
  ],
  [
    "two, the inner of which replaces the list",
    trustingTwo,
    { host: "a:1", "x-forwarded-host": "app.example.com" },
    passed,
  ],
  [
    "one that appends, after a browser that claims to be right",
    trusting,
    { host: "a:1", "x-forwarded-host": "app.example.com, other.example.com" },
    refused("You are at other.example.com"),
  ],
  [
    "two that append, after a browser that claims to be right",
    trustingTwo,
    { host: "a:1", "x-forwarded-host": "app.example.com, other.example.com, inner:8080" },
    refused("You are at other.example.com"),
  ],
  [
    "one that reports nonsense",
    trusting,
    { host: "a:1", "x-forwarded-host": "a b" },
    refused("the wrong X-Forwarded-Host"),
  ],
  [
    "one that sends two in one",
    trusting,
    { "x-forwarded-host": "a@app.example.com" },
    refused("the wrong X-Forwarded-Host"),
  ],
])("a sign-in starts, or the page names the setting, behind %s", async (_proxy, options, headers, [status, text]) => {
  const page = await visit(options, "/auth/start?session=unknown", { headers });
  expect(page).toEqual({ status, text: expect.stringContaining(text) });
});

test.each<[string, App, Record<string, string>]>([
  ["nginx as it is", app, { host: "127.0.0.1:4000" }],
  ["Vite as it is", vite, { host: "127.0.0.1:4000" }],
  ["one that reports another host", trusting, { host: "a:1", "x-forwarded-host": "other.example.com" }],
])("an action needs only the browser's Origin, behind %s", async (_proxy, options, headers) => {
  const ask = (origin: string) =>
    visit(options, "/trpc/mcp.connections.list", { headers: { ...headers, origin, cookie: "a=b" } });
  expect(await ask(options.baseUrl ?? "")).toMatchObject({ status: 200 });
  const elsewhere = await ask("http://localhost:9999");
  expect(elsewhere.status).toBe(403);
  expect(elsewhere.text).toContain(`The page is at http://localhost:9999, and baseUrl is ${options.baseUrl}`);
});

const viteTrusted = { ...vite, trustProxy: true };

test.each<[string, App, Record<string, string>]>([
  ["that a trusted proxy reports", viteTrusted, { host: "127.0.0.1:4000", "x-forwarded-host": "rebound.example" }],
  ["that the page hides", viteTrusted, { host: "rebound.example", "x-forwarded-host": "localhost:5173" }],
  ["that the page hides from an app that trusts no proxy", vite, { host: "a.b", "x-forwarded-host": "localhost:5173" }],
])("CVE-2025-66414: a foreign name of this machine %s reaches nothing", async (_what, options, headers) => {
  for (const path of ["/auth/start?session=unknown", "/trpc/mcp.connections.list", "/client-metadata.json"]) {
    expect(await visit(options, path, { headers })).toMatchObject({ status: 403 });
  }
});

test.each([2.5, -1, 11, Number.NaN, JSON.parse('"loopback"'), JSON.parse("null")])(
  "a trustProxy of %j is refused at once",
  (trustProxy) => {
    const fix = "Use true for the proxy in front of the app, or the number of your proxies if there are several.";
    expect(() => createMcp({ storage: "memory", trustProxy })).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_INVALID", hint: fix }),
    );
  },
);
