import type { CallProgress, McpConnectionEvent } from "@mcp-assistant/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";
import type { LogMessage } from "../src/server/listeners.js";
import { startWorkingServer, type WorkingCall } from "./working-server.js";

const both = [["legacy"], ["modern"]] as const;

/** A user who is connected to a real server, and the calls that have reached it. */
async function connected(
  era: "legacy" | "modern",
  work: (call: WorkingCall) => Promise<string>,
  { as, limits }: { as?: "json" | "sse"; limits?: McpOptions["limits"] } = {},
) {
  const calls: WorkingCall[] = [];
  const counted = (call: WorkingCall) => {
    calls.push(call);
    return work(call);
  };
  const server = await startWorkingServer({ era, as, work: counted });
  const mcp = appFor({ hosts: [server.host] }, limits ? { limits } : {});
  onTestFinished(() => mcp.close());
  const user = mcp.forUser(someUser());
  const { sessionId, state } = await user.connect({ serverUrl: server.url });
  expect([state, (await user.get(sessionId)).era]).toEqual(["CONNECTED", era]);
  return { user, sessionId, calls };
}

/** The events of an open stream, as they come. */
async function watched(user: Awaited<ReturnType<typeof connected>>["user"]) {
  const events: { id: string; event: McpConnectionEvent }[] = [];
  const stream = await user.subscribe();
  void (async () => {
    for await (const each of stream) events.push(each);
  })();
  onTestFinished(async () => void (await stream.return?.()));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  const progress = () => events.flatMap(({ event }) => (event.type === "call_progress" ? event.progress : []));
  return { events, progress };
}

test.each(both)("the progress of a call reaches its caller: %s", async (era) => {
  const { user, sessionId, calls } = await connected(era, async ({ progress }) => {
    await progress(1, { total: 2, message: "half\u202e \u001b[2Jway" });
    await progress(2, { total: 2 });
    return "done";
  });
  const heard: CallProgress[] = [];
  const result = await user.callTool(sessionId, "work", {}, { onProgress: (progress) => heard.push(progress) });
  expect(result.content).toEqual([{ type: "text", text: "done" }]);
  expect(heard).toEqual([
    { progress: 1, total: 2, message: "half [2Jway" },
    { progress: 2, total: 2 },
  ]);
  expect(calls[0]?.meta.progressToken).toMatch(/^[\w-]{12}$/);
});

test.each(both)("a server that answers as JSON reports no progress, and the call works: %s", async (era) => {
  const work = async ({ progress }: WorkingCall) => {
    await progress(1);
    return "done";
  };
  const { user, sessionId } = await connected(era, work, { as: "json" });
  const onProgress = vi.fn();
  expect(await user.callTool(sessionId, "work", {}, { onProgress })).toMatchObject({ content: [{ text: "done" }] });
});

test.each(both)("without a listener, a request asks for no progress and no log: %s", async (era) => {
  const { user, sessionId, calls } = await connected(era, async () => "done");
  await user.callTool(sessionId, "work");
  const keys = Object.keys(calls[0]?.meta ?? {});
  expect(keys.filter((key) => /progress|log/i.test(key))).toEqual([]);
});

test.each(both)("progress that goes back, is no number or is another's is ignored: %s", async (era) => {
  const { user, sessionId } = await connected(era, async ({ progress, notify }) => {
    const of = (progressToken: unknown, value: number) =>
      notify("notifications/progress", { progressToken, progress: value });
    await progress(5);
    for (const odd of [5, 4, -1, "6", null, undefined]) await progress(odd).catch(() => undefined);
    for (const token of ["another", 0, 1, ""]) await of(token, 50);
    await progress(6.5, { total: "many", message: 7 });
    await progress(7, { message: "x".repeat(1_000) });
    return "done";
  });
  const heard: CallProgress[] = [];
  await user.callTool(sessionId, "work", {}, { onProgress: (progress) => heard.push(progress) });
  expect(heard.map(({ progress }) => progress)).toEqual([5, 6.5, 7]);
  expect(heard[1]).toEqual({ progress: 6.5 });
  expect(heard[2]?.message).toHaveLength(300);
});

test.each(both)("calls at the same time hear their own progress alone: %s", async (era) => {
  const { user, sessionId } = await connected(era, async ({ progress, meta }) => {
    for (const step of [1, 2, 3]) await progress(step, { message: String(meta.progressToken) });
    return String(meta.progressToken);
  });
  const one = async () => {
    const messages = new Set<string | undefined>();
    const { content } = await user.callTool(
      sessionId,
      "work",
      {},
      { onProgress: ({ message }) => messages.add(message) },
    );
    return [content[0], [...messages]];
  };
  for (const [block, messages] of await Promise.all(Array.from({ length: 5 }, one))) {
    expect(messages).toEqual([(block as { text: string }).text]);
  }
});

test.each(both)("a call that reports more often than a server may send messages has its result: %s", async (era) => {
  const { user, sessionId } = await connected(
    era,
    async ({ progress }) => {
      for (let step = 1; step <= 300; step += 1) await progress(step);
      return "done";
    },
    { limits: { messages: 100 } },
  );
  const onProgress = vi.fn();
  const options = { callId: "call", onProgress };
  expect(await user.callTool(sessionId, "work", {}, options)).toMatchObject({ content: [{ text: "done" }] });
  expect(onProgress).toHaveBeenCalledTimes(300);
});

test("what is no report on the call counts as a message, and ends a flood", async () => {
  const { user, sessionId } = await connected(
    "legacy",
    async ({ notify, meta }) => {
      const report = { progressToken: meta.progressToken, progress: 1, message: "x".repeat(5_000) };
      for (let step = 1; step <= 300; step += 1) await notify("notifications/progress", step % 2 ? report : {});
      return "done";
    },
    { limits: { messages: 100 } },
  );
  await expect(user.callTool(sessionId, "work", {}, { callId: "call" })).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringContaining("sent more than 100 messages in one answer"),
  });
});

test("a listener that fails changes nothing", async () => {
  const { user, sessionId } = await connected("modern", async ({ progress }) => {
    await progress(1);
    return "done";
  });
  const onProgress = () => {
    throw new Error("no");
  };
  expect(await user.callTool(sessionId, "work", {}, { onProgress })).toMatchObject({ content: [{ text: "done" }] });
});

test.each(both)("log messages that come with a call reach its caller: %s", async (era) => {
  const { user, sessionId } = await connected(era, async ({ notify }) => {
    const log = (level: unknown, data: unknown) =>
      notify("notifications/message", { level, logger: "db\u0000", data }).catch(() => undefined);
    await log("debug", "too small");
    await log("info", { rows: 3 });
    await log("error", "no");
    return "done";
  });
  const heard: LogMessage[] = [];
  const onLog = (message: LogMessage) => heard.push(message);
  await user.callTool(sessionId, "work", {}, { onLog });
  expect(heard).toEqual([
    { level: "info", logger: "db", data: { rows: 3 } },
    { level: "error", logger: "db", data: "no" },
  ]);
  await user.callTool(sessionId, "work", {}, { onLog, logLevel: "error" });
  expect(heard.slice(2)).toEqual([{ level: "error", logger: "db", data: "no" }]);
});

test.each(both)("with a callId, the user's open streams get the progress, and the log does not: %s", async (era) => {
  const { user, sessionId } = await connected(era, async ({ progress }) => {
    await progress(1, { total: 3, message: "one" });
    return "done";
  });
  const { events } = await watched(user);
  const [snapshot] = events;
  await user.callTool(sessionId, "work", {}, { callId: "mine" });
  await vi.waitFor(() => expect(events).toHaveLength(2));
  const { serverId } = await user.get(sessionId);
  expect(events[1]).toEqual({
    id: snapshot?.id,
    event: {
      type: "call_progress",
      ...{ sessionId, serverId, callId: "mine", progress: 1, total: 3, message: "one" },
      at: expect.stringMatching(/^2\d{3}-.*Z$/),
    },
  });
  const resumed = await user.subscribe({ lastEventId: snapshot?.id });
  onTestFinished(async () => void (await resumed.return?.()));
  await user.disconnect(sessionId);
  expect((await resumed.next()).value?.event.type).toBe("state_changed");
});

test("streams get at most four reports a second of a call, and the last one", async () => {
  const count = 700;
  const { user, sessionId } = await connected("modern", async ({ progress }) => {
    for (let step = 1; step <= count; step += 1) await progress(step);
    return "done";
  });
  const { progress } = await watched(user);
  const from = performance.now();
  await user.callTool(sessionId, "work", {}, { callId: "mine" });
  await vi.waitFor(() => expect(progress().at(-1)).toBe(count));
  expect(progress().length).toBeLessThanOrEqual(1 + (performance.now() - from) / 250);
});

test.each([{ callId: "" }, { callId: "x".repeat(65) }, { timeoutMs: 0 }, { timeoutMs: Number.NaN }])(
  "an invalid option is a typed error, and no request is sent: %j",
  async (options) => {
    const { user, sessionId, calls } = await connected("modern", async () => "done");
    await expect(user.callTool(sessionId, "work", {}, options)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(calls).toEqual([]);
  },
);
