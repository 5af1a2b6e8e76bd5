import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";
import { startWorkingServer, type WorkingCall } from "./working-server.js";

const both = [["legacy"], ["modern"]] as const;

interface Given {
  limits: McpOptions["limits"];
  /** How long (ms) a call takes. */
  takes?: number;
  /** The pause (ms) between two reports of its progress, and how many come at most. */
  every?: number;
  reports?: number;
  as?: "json" | "sse";
}

/** A server whose calls take their time, and whether each of them was told to stop. */
async function slow(era: "legacy" | "modern", { limits, takes = 60_000, every = takes, reports = 1_000, as }: Given) {
  const signals: AbortSignal[] = [];
  const work = async ({ signal, progress }: WorkingCall) => {
    signals.push(signal);
    const end = performance.now() + takes;
    for (let step = 1; performance.now() < end && !signal.aborted; step += 1) {
      if (every < takes && step <= reports) await progress(step);
      await pause(Math.min(every, end - performance.now()), undefined, { signal }).catch(() => undefined);
    }
    return "done";
  };
  const server = await startWorkingServer({ era, as, work });
  const mcp = appFor({ hosts: [server.host] }, limits ? { limits } : {});
  onTestFinished(() => mcp.close());
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const call = (options = {}) => user.callTool(sessionId, "work", {}, options);
  const stopped = () => expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([true]);
  return { call, stopped, signals, host: server.host };
}

const onProgress = () => undefined;
const done = { content: [{ text: "done" }] };

test.each(both)("progress renews the time of a call that is listened to: %s", async (era) => {
  const given = { limits: { requestTimeout: 400 }, takes: 1_000, every: 100 };
  const { call, host } = await slow(era, given);
  expect(await call({ onProgress })).toMatchObject(done);
  expect(await call({ callId: "mine" })).toMatchObject(done);
  await expect(call()).rejects.toMatchObject({
    code: "REQUEST_TIMEOUT",
    message: `${host} did not answer within 0.4 s`,
  });
});

test.each(both)("a server that stops reporting is given up, and told so: %s", async (era) => {
  const { call, stopped, host } = await slow(era, { limits: { requestTimeout: 300 }, every: 50, reports: 4 });
  await expect(call({ onProgress })).rejects.toMatchObject({
    code: "REQUEST_TIMEOUT",
    message: `${host} has reported no progress for 0.3 s`,
  });
  await stopped();
});

test.each(both)("no progress makes a call longer than the total: %s", async (era) => {
  const limits = { requestTimeout: 300, totalRequestTimeout: 700 };
  const { call, stopped, host } = await slow(era, { limits, every: 50 });
  const from = performance.now();
  await expect(call({ onProgress })).rejects.toMatchObject({
    code: "REQUEST_TIMEOUT",
    message: `${host} did not answer within 0.7 s`,
  });
  expect(performance.now() - from).toBeGreaterThan(650);
  await stopped();
});

test.each(both)("a caller's own time is kept, whatever the server reports: %s", async (era) => {
  const { call, stopped, host } = await slow(era, { limits: {}, every: 50 });
  await expect(call({ onProgress, timeoutMs: 300 })).rejects.toMatchObject({
    code: "REQUEST_TIMEOUT",
    message: `${host} did not answer within the 0.3 s that you set`,
  });
  await stopped();
});

test.each([
  ["legacy", "json"],
  ["legacy", "sse"],
  ["modern", "json"],
  ["modern", "sse"],
] as const)("a caller may give a call more time than usual, at every layer: %s, %s", async (era, as) => {
  const { call } = await slow(era, { limits: { requestTimeout: 200 }, takes: 1_800, as });
  expect(await call({ timeoutMs: 30_000 })).toMatchObject(done);
});

test("a caller gets no more time than the total", async () => {
  const limits = { requestTimeout: 100, totalRequestTimeout: 300 };
  const { call, host } = await slow("modern", { limits });
  await expect(call({ timeoutMs: 60_000 })).rejects.toMatchObject({ message: `${host} did not answer within 0.3 s` });
});

test("a usual time above the total stays as it is", async () => {
  const { call } = await slow("modern", { limits: { requestTimeout: 5_000, totalRequestTimeout: 100 }, takes: 400 });
  expect(await call()).toMatchObject(done);
  expect(await call({ onProgress })).toMatchObject(done);
});

test.each<[string, unknown]>([
  ["no reason", undefined],
  ["a time-out", new DOMException("late", "TimeoutError")],
  ["an error", new Error("own")],
  ["a text", "own"],
])(
  "a caller who gives up with %s gets CANCELLED, and the server's handler is told, in both eras",
  async (_, reason) => {
    for (const [era] of both) {
      const { call, stopped, signals } = await slow(era, { limits: {} });
      const caller = new AbortController();
      const calling = call({ signal: caller.signal });
      await vi.waitFor(() => expect(signals).toHaveLength(1));
      caller.abort(reason);
      await expect(calling).rejects.toMatchObject({ code: "CANCELLED" });
      await stopped();
    }
  },
);
