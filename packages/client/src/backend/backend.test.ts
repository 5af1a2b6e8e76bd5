import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { McpSessionError } from "@mcp-assistant/protocol";
import { EventSource } from "eventsource";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createBrowser, startApp, type TestApp } from "../app.fixture.js";
import type { Backend } from "./backend.js";
import { createSseBackend } from "./sse-backend.js";
import { createTrpcBackend } from "./trpc-backend.js";

let modern: DemoServer;
let app: TestApp;

beforeEach(async () => {
  modern = await startModernServer();
  app = await startApp({ allowHosts: modern.hosts });
});
afterEach(async () => {
  await app.close();
  await modern.close();
});

const never = new AbortController().signal;

describe.each<[string, (origin: string) => Backend]>([
  ["the tRPC procedures", (origin) => createTrpcBackend({ url: `${origin}/api/mcp/trpc`, EventSource })],
  ["the one address", (origin) => createSseBackend({ url: `${origin}/api/mcp/sse` })],
])("over %s", (_name, create) => {
  test("everything that a page does is answered", async () => {
    const backend = create(app.origin);
    const { sessionId, state } = await backend.connect({ serverUrl: modern.url, serverName: "Tools" });
    expect(state).toBe("CONNECTED");
    expect(await backend.list()).toMatchObject([{ sessionId, serverName: "Tools", signedIn: false }]);
    expect(await backend.listTools(sessionId)).toHaveLength(4);
    const sum = await backend.callTool(sessionId, { name: "add", arguments: { a: 20, b: 22 } });
    expect(sum).toMatchObject({ structuredContent: { sum: 42 } });
    expect(await backend.disconnect(sessionId)).toBeFalsy();
    expect(await backend.refreshSession(sessionId)).toMatchObject({ sessionId, state: "DISCONNECTED" });
    expect(await backend.reconnect({ sessionId })).toMatchObject({ sessionId, state: "CONNECTED" });
    await backend.signOut(sessionId);
    expect(await backend.list()).toMatchObject([{ sessionId, state: "DISCONNECTED" }]);
    await backend.remove(sessionId);
    expect(await backend.list()).toEqual([]);
    const mine = await backend.userKey(never);
    expect(await backend.userKey(never)).toBe(mine);
    expect(mine).not.toContain(app.user.id);
    app.user.id = "grace";
    expect(await backend.userKey(never)).not.toBe(mine);
  });

  test("what a server offers is listed, read, filled in and completed", async () => {
    const backend = create(app.origin);
    const { sessionId } = await backend.connect({ serverUrl: modern.url });
    expect(await backend.listResources(sessionId)).toMatchObject({ resources: [{ uri: "time:///zones" }], leftOut: 0 });
    expect((await backend.listResourceTemplates(sessionId)).resourceTemplates).toHaveLength(1);
    expect(await backend.readResource(sessionId, "time:///zones")).toMatchObject({ ttlMs: 3_600_000 });
    expect((await backend.listPrompts(sessionId)).prompts).toHaveLength(1);
    const args = { ours: "Europe/Berlin", theirs: "Asia/Tokyo" };
    const { messages } = await backend.getPrompt(sessionId, { name: "plan_meeting", arguments: args });
    expect(messages).toMatchObject([{ role: "user", content: { type: "text" } }]);
    const ref = { type: "ref/prompt", name: "plan_meeting" } as const;
    const wanted = { ref, argument: { name: "ours", value: "berlin" } };
    expect(await backend.complete(sessionId, wanted)).toMatchObject({ values: ["Europe/Berlin"] });
    // This server says nothing about its use.
    expect(await backend.instructions(sessionId)).toBeNull();
    const gone = AbortSignal.abort();
    for (const ask of [
      () => backend.instructions(sessionId, gone),
      () => backend.listResources(sessionId, gone),
      () => backend.readResource(sessionId, "time:///zones", gone),
      () => backend.getPrompt(sessionId, { name: "plan_meeting", signal: gone }),
      () => backend.complete(sessionId, wanted, gone),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "CANCELLED" });
    }
    await expect(backend.readResource(sessionId, "a:b")).rejects.toMatchObject({ code: "RESOURCE_NOT_FOUND" });
  });

  test("a failure is one of our errors", async () => {
    const backend = create(app.origin);
    const aborted = backend.callTool("a", { name: "add", signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(backend.remove("a")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await expect(backend.remove("a")).rejects.toBeInstanceOf(McpSessionError);
    app.user.id = null;
    await expect(backend.userKey(never)).rejects.toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    app.down = true;
    await expect(backend.userKey(never)).rejects.toMatchObject({ code: "APP_UNREACHABLE", retryable: true });
  });

  test("a page's stream resumes what was cut, and gives way to the next user", async () => {
    const { store, stream } = createBrowser(app, { backend: create(app.origin) });
    const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
    const shown = () => store.connections?.map(({ state }) => state);
    const close = stream.open();
    await until(() => expect([stream.state.get().status, shown()]).toEqual(["live", []]));
    const ada = app.mcp.forUser(app.user.id ?? "");
    const { sessionId } = await ada.connect({ serverUrl: modern.url });
    await until(() => expect(shown()).toEqual(["CONNECTED"]));
    expect(store.tools.get(sessionId)?.tools).toHaveLength(4);
    app.cut();
    await ada.disconnect(sessionId);
    await until(() => expect(shown()).toEqual(["DISCONNECTED"]));
    expect(store.recent.get().filter(({ event }) => event.type === "reset")).toHaveLength(1);

    app.user.id = "grace";
    app.cut();
    await until(() => expect([stream.state.get().status, shown()]).toEqual(["live", []]));
    app.user.id = null;
    app.cut();
    await until(() => expect(stream.state.get()).toMatchObject({ error: { code: "UNAUTHENTICATED" } }));
    expect(shown()).toBeUndefined();
    close();
  });
});
