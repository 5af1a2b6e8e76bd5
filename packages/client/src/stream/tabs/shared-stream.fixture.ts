import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { expect, vi } from "vitest";
import { createBrowser, startApp, type TestApp, type TestBrowser } from "../../app.fixture.js";
import { type TestTab, TestTabs } from "./tabs.fixture.js";

export let app: TestApp;
export let server: DemoServer;
export let tabs: TestTabs;
export const closers: (() => void)[] = [];

export async function setUp(): Promise<void> {
  server = await startModernServer();
  app = await startApp({ allowHosts: server.hosts });
  tabs = new TestTabs();
}

export async function tearDown(): Promise<void> {
  vi.restoreAllMocks();
  for (const close of closers.splice(0)) close();
  await app.close();
  await server.close();
}

export interface OpenTab extends TestBrowser {
  tab: TestTab;
  close(): void;
}

export function openTab(store?: TestBrowser["store"]): OpenTab {
  const tab = tabs.open();
  const browser = createBrowser(app, { tabs: tab, ...(store ? { store } : {}) });
  const close = browser.stream.open();
  closers.push(close);
  return { ...browser, tab, close };
}

export async function openLiveTabs(count: number): Promise<OpenTab[]> {
  const opened: OpenTab[] = [];
  for (let n = 0; n < count; n += 1) {
    opened.push(openTab());
    // Wait for the first tab, so that it leads.
    if (n === 0) await untilLive(opened);
  }
  await untilLive(opened);
  return opened;
}

/** Long enough for a busy machine. */
export const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

export async function untilLive(all: readonly TestBrowser[]): Promise<void> {
  await until(() => {
    for (const { stream, store } of all) {
      expect(stream.state.get()).toEqual({ status: "live", error: null });
      expect(store.connections).toBeDefined();
    }
  });
}

export const userId = () => app.user.id ?? "";

export const typesOf = ({ store }: TestBrowser) =>
  store.recent.get().map(({ event }) => (event.type === "state_changed" ? event.state : event.type));

export const connectEvents = ["CONNECTING", "DISCOVERING", "CONNECTED", "tools_discovered"];
export const againEvents = [
  "DISCONNECTED",
  "disconnected",
  "RECONNECTING",
  "DISCOVERING",
  "CONNECTED",
  "tools_discovered",
];

export async function connectOnServer(): Promise<string> {
  const { sessionId } = await app.mcp.forUser(userId()).connect({ serverUrl: server.url });
  return sessionId;
}

export async function disconnectAndReconnect(sessionId: string): Promise<void> {
  await app.mcp.forUser(userId()).disconnect(sessionId);
  await app.mcp.forUser(userId()).reconnect(sessionId);
}

export async function expectTypes(all: readonly TestBrowser[], expected: readonly string[]): Promise<void> {
  await until(() => {
    for (const each of all) expect(typesOf(each)).toEqual(expected);
  });
}
