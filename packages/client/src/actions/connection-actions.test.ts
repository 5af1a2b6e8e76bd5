import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { createBrowser, startApp } from "../app.fixture.js";
import { AuthorizationPopups } from "../sign-in/authorization-popup.js";
import { ConnectionsStore } from "../store/connections-store.js";
import { createConnectionActions, mayNeedSignIn } from "./connection-actions.js";
import { createToolCalls } from "./tool-calls.js";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Long enough for a busy machine. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

async function setUp() {
  const [modern, oauth] = [await startModernServer(), await startOauthServer()];
  closers.push(modern.close, oauth.close);
  const app = await startApp({ allowHosts: [...modern.hosts, ...oauth.hosts] });
  const browser = createBrowser(app);
  closers.push(app.close, browser.stream.open());
  await until(() => expect(browser.store.connections).toEqual([]));
  const popup = { location: { replace: vi.fn<(url: string) => void>() }, close: vi.fn<() => void>() };
  const open = vi.fn<(url: string) => typeof popup | null>(() => popup);
  const popups = new AuthorizationPopups(undefined, () => ({ location: { origin: app.origin }, open }));
  const actions = createConnectionActions({ ...browser, popups });
  const connections = () => browser.store.connections ?? [];
  return { ...browser, app, modern, oauth, popup, open, actions, connections };
}

/** Takes a user through our start page, the consent page and our callback. */
async function signIn(authUrl: string): Promise<void> {
  const started = await fetch(authUrl, { redirect: "manual" });
  const cookie = started.headers.get("set-cookie")?.split(";")[0] ?? "";
  const callback = await answerConsentPage(started.headers.get("location") ?? "");
  await fetch(callback, { headers: { cookie } });
}

test("connect opens the window in the click itself, and closes it if no sign-in is needed", async () => {
  const { actions, modern, open, popup, connections } = await setUp();
  const answer = actions.connect({ serverUrl: modern.url, serverName: "Toolbox" });
  expect(open).toHaveBeenCalledOnce();
  expect(popup.close).not.toHaveBeenCalled();
  expect(await answer).toMatchObject({ state: "CONNECTED", authUrl: null, error: null, window: "none" });
  expect(popup.close).toHaveBeenCalledOnce();
  await until(() => expect(connections()).toMatchObject([{ serverName: "Toolbox", state: "CONNECTED" }]));
});

test("connect sends the window on to our sign-in page if the server needs a sign-in", async () => {
  const { actions, oauth, popup, connections } = await setUp();
  const { sessionId, state, authUrl, window } = await actions.connect({ serverUrl: oauth.url });
  expect({ state, window }).toEqual({ state: "AUTHENTICATING", window: "opened" });
  expect(popup.location.replace).toHaveBeenCalledExactlyOnceWith(authUrl);
  expect(popup.close).not.toHaveBeenCalled();
  await until(() => expect(connections()).toMatchObject([{ sessionId, state: "AUTHENTICATING", authUrl }]));
});

test("a blocked window is reported, with the link to show", async () => {
  const { actions, oauth, open, connections } = await setUp();
  open.mockReturnValue(null);
  const { authUrl, window } = await actions.connect({ serverUrl: oauth.url });
  expect(window).toBe("blocked");
  expect(authUrl).toContain("/api/mcp/auth/start?session=");
  await until(() => expect(connections()).toMatchObject([{ authUrl }]));
  open.mockClear();
  expect(connections().map(actions.signIn)).toEqual(["blocked"]);
  expect(open.mock.calls[0]?.[0]).toBe(authUrl);
});

test("a connection that worked before reconnects without a window", async () => {
  const { actions, modern, open, connections } = await setUp();
  const { sessionId } = await actions.connect({ serverUrl: modern.url });
  await actions.disconnect(sessionId);
  await until(() => expect(connections()).toMatchObject([{ state: "DISCONNECTED", active: false }]));
  open.mockClear();
  expect(await actions.reconnect(sessionId)).toMatchObject({ state: "CONNECTED", window: "none" });
  await actions.disconnect(sessionId);
  await until(() => expect(connections()).toMatchObject([{ state: "DISCONNECTED" }]));
  expect(await actions.connect({ serverUrl: modern.url })).toMatchObject({ sessionId, state: "CONNECTED" });
  expect(open).not.toHaveBeenCalled();
});

test("with a key instead of a sign-in no window opens, and the key's value does not appear in the connection", async () => {
  const { actions, modern, open, connections } = await setUp();
  const { sessionId, state } = await actions.connect({ serverUrl: modern.url, headers: { "X-Api-Key": "the-first" } });
  expect(state).toBe("CONNECTED");
  await actions.reconnect(sessionId, { headers: { "X-Team-Key": "the-second" } });
  expect(open).not.toHaveBeenCalled();
  await until(() => expect(connections()).toMatchObject([{ headerNames: ["X-Team-Key"] }]));
  expect(JSON.stringify(connections())).not.toMatch(/the-first|the-second/);
  await actions.reconnect(sessionId, { headers: {} });
  expect(open).toHaveBeenCalledOnce();
});

test("OpenHands#16880: a failure closes the window and is a typed error", async () => {
  const { actions, popup } = await setUp();
  const refused = await actions.connect({ serverUrl: "ftp://example.com" }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(McpSessionError);
  expect(refused).toMatchObject({ code: "SERVER_URL_INVALID", retryable: false, hint: expect.stringMatching(/./) });
  expect(popup.close).toHaveBeenCalledOnce();
  for (const act of [actions.reconnect, actions.disconnect, actions.signOut, actions.remove]) {
    await expect(act("no-such-session")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  }
});

test("OpenHands#16880: an app that cannot be reached closes the window and is a typed error, too", async () => {
  const { actions, app, popup, modern } = await setUp();
  app.down = true;
  await expect(actions.connect({ serverUrl: modern.url })).rejects.toMatchObject({
    code: "APP_UNREACHABLE",
    retryable: true,
  });
  expect(popup.close).toHaveBeenCalledOnce();
});

test("signOut erases the sign-in but keeps the connection, and the next reconnect opens a window", async () => {
  const { actions, app, oauth, open, connections } = await setUp();
  const { sessionId, authUrl } = await actions.connect({ serverUrl: oauth.url });
  await signIn(authUrl ?? "");
  await until(() => expect(connections()).toMatchObject([{ state: "CONNECTED", signedIn: true }]));
  await actions.signOut(sessionId);
  await until(() => {
    expect(connections()).toMatchObject([{ state: "DISCONNECTED", signedIn: false, reason: "You signed out" }]);
  });
  expect(oauth.requests().filter(({ path }) => path === "/token/revocation")).toHaveLength(1);
  expect(await app.mcp.forUser(app.user.id ?? "").list()).toMatchObject([{ sessionId, signedIn: false }]);
  open.mockClear();
  expect(await actions.reconnect(sessionId)).toMatchObject({ state: "AUTHENTICATING", window: "opened" });
  expect(open).toHaveBeenCalledOnce();
});

test("signing out of a disconnected connection is shown, too", async () => {
  const { actions, oauth, connections } = await setUp();
  const { sessionId, authUrl } = await actions.connect({ serverUrl: oauth.url });
  await signIn(authUrl ?? "");
  await actions.disconnect(sessionId);
  await until(() => expect(connections()).toMatchObject([{ state: "DISCONNECTED", signedIn: true }]));
  await actions.signOut(sessionId);
  await until(() => expect(connections()).toMatchObject([{ state: "DISCONNECTED", signedIn: false, era: null }]));
});

test("remove removes the connection from the list", async () => {
  const { actions, modern, connections } = await setUp();
  const { sessionId } = await actions.connect({ serverUrl: modern.url });
  await until(() => expect(connections()).toHaveLength(1));
  await actions.remove(sessionId);
  await until(() => expect(connections()).toEqual([]));
});

test("tools can be called, and unknown tools are refused", async () => {
  const { actions, backend, modern } = await setUp();
  const { sessionId } = await actions.connect({ serverUrl: modern.url });
  const calls = createToolCalls({ backend, store: new ConnectionsStore() });
  const call = (name: string, args = {}) => calls.call(sessionId, { name, arguments: args });
  expect(await call("add", { a: 19, b: 23 })).toMatchObject({ structuredContent: { sum: 42 } });
  expect(await call("time", { timeZone: "Mars/Olympus" })).toMatchObject({ isError: true });
  await expect(call("no_such_tool")).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
});

test("cancel ends the latest call, a signal ends its own call, and the others continue", async () => {
  const { actions, backend, modern } = await setUp();
  const { sessionId } = await actions.connect({ serverUrl: modern.url });
  const { call, cancel } = createToolCalls({ backend, store: new ConnectionsStore() });
  const own = new AbortController();
  const add = (a: number, signal?: AbortSignal) =>
    call(sessionId, { name: "add", arguments: { a, b: 1 }, ...(signal ? { signal } : {}) });
  const [first, second, third] = [add(1), add(2, own.signal), add(3)];
  cancel();
  own.abort();
  await expect(third).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await first).toMatchObject({ structuredContent: { sum: 2 } });
  cancel();
  expect(await add(4)).toMatchObject({ structuredContent: { sum: 5 } });
});

test.each(["disconnect", "signOut", "remove"] as const)(
  "%s closes the window of a sign-in that it ends",
  async (end) => {
    const { actions, oauth, popup, connections } = await setUp();
    const { sessionId } = await actions.connect({ serverUrl: oauth.url });
    await until(() => expect(connections()).toMatchObject([{ state: "AUTHENTICATING" }]));
    expect(popup.close).not.toHaveBeenCalled();
    await actions[end](sessionId);
    expect(popup.close).toHaveBeenCalledOnce();
  },
);

test("a sign-in that could not be cancelled keeps its window", async () => {
  const { actions, app, oauth, popup, connections } = await setUp();
  const { sessionId } = await actions.connect({ serverUrl: oauth.url });
  await until(() => expect(connections()).toMatchObject([{ state: "AUTHENTICATING" }]));
  app.down = true;
  await expect(actions.disconnect(sessionId)).rejects.toMatchObject({ code: "APP_UNREACHABLE" });
  expect(popup.close).not.toHaveBeenCalled();
});

const startPage = "https://app.example/api/mcp/auth/start";

test.each([
  ["an unknown server", undefined, true],
  ["a server that was never reached", { state: "FAILED", era: null, authUrl: null }, true],
  ["a server that needs a new sign-in", { state: "FAILED", era: "modern", authUrl: startPage }, true],
  ["a server that was connected", { state: "DISCONNECTED", era: "legacy", authUrl: null }, false],
  ["a connected server that wants more scope", { state: "CONNECTED", era: "legacy", authUrl: startPage }, false],
] as const)("%s may need a sign-in: %s", (_, known, needed) => {
  expect(mayNeedSignIn(known)).toBe(needed);
});
