import type { CallProgress } from "@mcp-assistant/protocol";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { startWorkingServer, type WorkingCall } from "../../../core/test/working-server.js";
import { createBrowser, startApp } from "../app.fixture.js";
import { createSseBackend } from "../backend/sse-backend.js";
import { SSEClient } from "../sse-client/sse-client.js";
import { TestTabs } from "../stream/tabs/tabs.fixture.js";
import { callTool, createToolCalls } from "./tool-calls.js";

afterEach(() => vi.restoreAllMocks());

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

/** An app whose user is connected to a server, whose calls wait to be ended. */
async function setUp() {
  const calls: (WorkingCall & { end: () => void })[] = [];
  const server = await startWorkingServer({
    era: "modern",
    work: (call) => new Promise((resolve) => calls.push({ ...call, end: () => resolve("done") })),
  });
  const app = await startApp({ allowHosts: [server.host] });
  onTestFinished(app.close);
  const { sessionId } = await app.mcp.forUser(String(app.user.id)).connect({ serverUrl: server.url });
  const tabs = new TestTabs();
  const open = async (options: Parameters<typeof createBrowser>[1] = { tabs: tabs.open() }) => {
    const browser = createBrowser(app, options);
    onTestFinished(browser.stream.open());
    await until(() =>
      expect([browser.stream.state.get().status, browser.store.connections?.length]).toEqual(["live", 1]),
    );
    return browser;
  };
  return { app, calls, sessionId, open };
}

test("each tab gets the progress of its own calls, also one that follows another tab's stream", async () => {
  const { app, calls, sessionId, open } = await setUp();
  const [leader, follower] = [await open(), await open()];
  expect(app.openStreams).toBe(1);
  const [led, followed] = [createToolCalls(leader), createToolCalls(follower)];
  const before = [leader, follower].map(({ store }) => [store.lastEventId, store.recent.get()]);
  const running = [led.call(sessionId, { name: "work" }), followed.call(sessionId, { name: "work" })];
  await until(() => expect(calls).toHaveLength(2));
  await calls[0]?.progress(1, { total: 2, message: "one" });
  await calls[1]?.progress(7);
  await until(() => expect([led.progress.get(), followed.progress.get()]).toContainEqual({ progress: 7 }));
  await until(() =>
    expect([led.progress.get(), followed.progress.get()]).toContainEqual({ progress: 1, total: 2, message: "one" }),
  );
  expect([leader, follower].map(({ store }) => [store.lastEventId, store.recent.get()])).toEqual(before);
  // Both are still in step with the stream.
  await leader.backend.rename({ sessionId, serverName: "Another" });
  await until(() => {
    for (const { store } of [leader, follower]) expect(store.connections?.[0]?.serverName).toBe("Another");
  });
  for (const { end } of calls) end();
  await Promise.all(running);
});

test("only the progress of the latest call is shown, and each call hears of its own until it ends", async () => {
  const { calls, sessionId, open } = await setUp();
  const { backend, store } = await open({});
  const { call, progress } = createToolCalls({ backend, store });
  const heard: CallProgress[] = [];
  const first = call(sessionId, { name: "work", onProgress: (reported) => heard.push(reported) });
  await until(() => expect(calls).toHaveLength(1));
  await calls[0]?.progress(1);
  await until(() => expect(progress.get()).toEqual({ progress: 1 }));
  const second = call(sessionId, { name: "work" });
  expect(progress.get()).toBeUndefined();
  await until(() => expect(calls).toHaveLength(2));
  await calls[0]?.progress(2);
  await calls[1]?.progress(1, { message: "second" });
  await until(() => expect(progress.get()).toEqual({ progress: 1, message: "second" }));
  await until(() => expect(heard).toEqual([{ progress: 1 }, { progress: 2 }]));
  expect(progress.get()).toEqual({ progress: 1, message: "second" });
  for (const { end } of calls) end();
  await Promise.all([first, second]);
});

test("over one address for all, a call has its progress, too", async () => {
  const { app, calls, sessionId, open } = await setUp();
  const { backend, store } = await open({ backend: createSseBackend({ url: `${app.origin}/api/mcp/sse` }) });
  const heard: CallProgress[] = [];
  const onProgress = (progress: CallProgress) => heard.push(progress);
  const running = callTool({ backend, store }, { sessionId, name: "work", onProgress });
  await until(() => expect(calls).toHaveLength(1));
  await calls[0]?.progress(0.5, { total: 1 });
  await until(() => expect(heard).toEqual([{ progress: 0.5, total: 1 }]));
  calls[0]?.end();
  expect(await running).toMatchObject({ content: [{ text: "done" }] });
});

test("an SSEClient gets the progress of a call under the name that it gave", async () => {
  const { app, calls, sessionId } = await setUp();
  const onConnectionEvent = vi.fn();
  const client = new SSEClient({ url: `${app.origin}/api/mcp/sse`, onConnectionEvent });
  client.connect();
  onTestFinished(() => client.disconnect());
  await until(() => expect(client.status).toBe("live"));
  const running = client.callTool(sessionId, "work", {}, { callId: "mine" });
  await until(() => expect(calls).toHaveLength(1));
  await calls[0]?.progress(3);
  const reported = expect.objectContaining({ type: "call_progress", callId: "mine", progress: 3 });
  await until(() => expect(onConnectionEvent).toHaveBeenCalledWith(reported));
  calls[0]?.end();
  await running;
  expect(await client.getInstructions(sessionId)).toBeNull();
  await client.renameServer(sessionId, "Mine");
  expect((await client.getSessions()).sessions[0]?.serverName).toBe("Mine");
});
