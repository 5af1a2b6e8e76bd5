import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";
import { hostileUrls } from "@mcp-assistant/testing/addresses";
import { expect, test } from "vitest";
import { appOrigins, isSignInPage } from "../sign-in/sign-in-page.js";
import { ConnectionsStore } from "./connections-store.js";

const origin = "https://app.example";
const own = `${origin}/api/mcp/auth/start?session=s1`;
const at = "2026-11-22T10:00:00.000Z";

const connection = (authUrl: string): Connection => ({
  sessionId: "s1",
  serverId: "server",
  serverName: "Server",
  serverUrl: "https://mcp.example.com/mcp",
  transportType: "auto",
  active: true,
  state: "AUTHENTICATING",
  v: 2,
  createdAt: at,
  stateSince: at,
  until: null,
  era: null,
  toolCount: null,
  toolsListedAt: null,
  headerNames: [],
  error: null,
  reason: null,
  signedIn: false,
  authUrl,
});

const base = { sessionId: "s1", serverId: "server", at, v: 2 };

function cacheAfter(...events: McpConnectionEvent[]) {
  const store = new ConnectionsStore();
  store.isSignInPage = (authUrl) => isSignInPage(authUrl, [origin]);
  for (const [index, event] of events.entries()) store.record(`${index + 1}-0`, event);
  return store;
}

test.each(hostileUrls)("CVE-2025-58444: a tampered event shows the user no link to %j", (authUrl) => {
  const changed: McpConnectionEvent = {
    type: "state_changed",
    ...base,
    state: "AUTHENTICATING",
    previousState: null,
    connection: connection(authUrl),
  };
  const asked: McpConnectionEvent = { type: "auth_required", ...base, authUrl };
  const empty: McpConnectionEvent = { type: "reset", at, connections: [] };
  for (const store of [
    cacheAfter({ type: "reset", at, connections: [connection(authUrl)] }),
    cacheAfter(empty, changed, asked),
  ]) {
    expect(store.connections).toMatchObject([{ sessionId: "s1", state: "AUTHENTICATING", authUrl: null }]);
    expect(store.recent.get().some(({ event }) => event.type === "auth_required")).toBe(false);
    if (authUrl.trim()) expect(JSON.stringify(store.recent.get())).not.toContain(JSON.stringify(authUrl));
  }
});

test("our own sign-in page is kept", () => {
  const asked: McpConnectionEvent = { type: "auth_required", ...base, authUrl: own };
  const store = cacheAfter({ type: "reset", at, connections: [connection(own)] }, asked);
  expect(store.connections).toMatchObject([{ authUrl: own }]);
  expect(store.recent.get()).toMatchObject([{}, { event: { authUrl: own } }]);
});

test("with another basePath, our own sign-in page is there and nowhere else", () => {
  const moved = `${origin}/tools/mcp/auth/start?session=s1`;
  expect(isSignInPage(moved, [origin], "/tools/mcp")).toBe(true);
  for (const other of [own, `${origin}/tools/mcp/auth/startx`, `${origin}/x/tools/mcp/auth/start`]) {
    expect(isSignInPage(other, [origin], "/tools/mcp"), other).toBe(false);
  }
  expect(isSignInPage(moved, [origin])).toBe(false);
});

test("the app's origins are the page's and that of its procedures", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "location");
  expect(appOrigins("/api/mcp/trpc")).toEqual([]);
  expect(appOrigins("https://api.example/trpc")).toEqual(["https://api.example"]);
  Object.defineProperty(globalThis, "location", { value: new URL(`${origin}/connections`), configurable: true });
  try {
    expect(appOrigins("/api/mcp/trpc")).toEqual([origin]);
    expect(appOrigins("https://api.example/trpc")).toEqual([origin, "https://api.example"]);
  } finally {
    if (before) Object.defineProperty(globalThis, "location", before);
    else Reflect.deleteProperty(globalThis, "location");
  }
});
