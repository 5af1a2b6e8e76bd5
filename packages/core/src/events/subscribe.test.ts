import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { someRecord, someUser, tailOf } from "../samples.fixture.js";
import { next, nextSummary, open, say, someSession } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

test("a stream without an id to resume from starts with a snapshot of all connections", async () => {
  const parts = open();
  const record = await someSession(parts);
  const stream = await subscribe(parts, { userId: record.userId });
  const { id, event } = await next(stream);
  expect(event).toMatchObject({ type: "reset", connections: [{ sessionId: record.sessionId, state: "CONNECTED" }] });
  expect(id).toBe(await tailOf(parts.driver, record.userId));
  say(parts, record.userId, "later");
  expect(await nextSummary(stream)).toBe("later");
});

test("the stream of a user without connections starts with an empty snapshot", async () => {
  const parts = open();
  const userId = someUser();
  const stream = await subscribe(parts, { userId });
  expect(await next(stream)).toMatchObject({ id: "0-0", event: { type: "reset", connections: [] } });
  await someSession(parts, someRecord({ userId }));
  expect(await nextSummary(stream)).toBe("state_changed CONNECTED");
});

test("a resumed stream delivers exactly what was missed, and then what follows", async () => {
  const parts = open();
  const { userId } = await someSession(parts);
  const lastEventId = await tailOf(parts.driver, userId);
  say(parts, userId, "1", "2", "3");
  const opening = subscribe(parts, { userId, lastEventId });
  say(parts, userId, "4");
  const stream = await opening;
  say(parts, userId, "5");
  for (const message of ["1", "2", "3", "4", "5"]) expect(await nextSummary(stream)).toBe(message);
});

test.each(["1-0", "0-0", "nonsense", ""])(
  "a stream resumed from an id that the log does not know, %j, starts with a snapshot",
  async (id) => {
    const parts = open();
    const { userId } = await someSession(parts);
    expect(await nextSummary(await subscribe(parts, { userId, lastEventId: id }))).toBe("reset");
  },
);

test("a stream can resume from the id of any event", async () => {
  const parts = open();
  const { userId } = await someSession(parts);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  say(parts, userId, "1", "2", "3");
  const { id } = await next(stream);
  const resumed = await subscribe(parts, { userId, lastEventId: id });
  expect([await nextSummary(resumed), await nextSummary(resumed)]).toEqual(["2", "3"]);
});

test("a tool list is filled in on delivery; one that has expired is empty", async () => {
  const parts = open();
  const record = await someSession(parts);
  const { userId, sessionId } = record;
  const stream = await subscribe(parts, { userId });
  await next(stream);
  const tools = [{ name: "add", inputSchema: { type: "object" } }];
  const found = await parts.toolLists.discover(record, tools);
  await parts.sessions.change(userId, sessionId, () => found);
  const discovered = { ...found.discovered, hash: "expired" };
  await parts.sessions.change(userId, sessionId, () => ({ discovered }));
  expect(await next(stream)).toMatchObject({ event: { type: "tools_discovered", tools, added: ["add"] } });
  expect(await next(stream)).toMatchObject({ event: { type: "tools_discovered", tools: [] } });
});

test("a new tool list that cannot be read because the store is down is announced without its tools", async () => {
  const parts = open();
  const { userId, sessionId } = await someSession(parts);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  vi.spyOn(parts.toolLists, "get").mockRejectedValueOnce(new StoreUnavailableError("away"));
  const discovered = { hash: "hash", count: 7, added: [], removed: [] };
  await parts.sessions.change(userId, sessionId, () => ({ discovered }));
  expect(await next(stream)).toMatchObject({ event: { type: "tools_discovered", count: 7, tools: [] } });
  say(parts, userId, "after it");
  expect(await nextSummary(stream)).toBe("after it");
});

test("another user's events never arrive", async () => {
  const parts = open();
  const [userId, stranger] = [someUser(), someUser()];
  const stream = await subscribe(parts, { userId });
  await next(stream);
  await someSession(parts, someRecord({ userId: stranger }));
  say(parts, stranger, "foreign");
  say(parts, userId, "own");
  expect(await nextSummary(stream)).toBe("own");
  const foreignId = await tailOf(parts.driver, stranger);
  expect(await next(await subscribe(parts, { userId, lastEventId: foreignId }))).toMatchObject({
    event: { type: "reset", connections: [] },
  });
});

test("a reader that is too slow gets a snapshot instead of what it did not read, and then exactly what follows", async () => {
  const parts = open();
  const record = await someSession(parts);
  const { userId } = record;
  const stream = await subscribe(parts, { userId });
  await next(stream);
  for (let count = 0; count < 700; count++) say(parts, userId, `${count}`);
  await parts.sessions.change(userId, record.sessionId, () => ({ state: "DISCONNECTED", reason: "the last word" }));
  const tail = await tailOf(parts.driver, userId);
  await pause(100);
  const { id, event } = await next(stream);
  expect(event).toMatchObject({ type: "reset", connections: [{ reason: "the last word" }] });
  expect(id).toBe(tail);
  say(parts, userId, "a", "b");
  expect([await nextSummary(stream), await nextSummary(stream)]).toEqual(["a", "b"]);
});

test("a reader that is too slow costs one snapshot, however much it misses", async () => {
  const parts = open();
  const { userId } = await someSession(parts);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  const list = vi.spyOn(parts.store, "list");
  for (let count = 0; count < 1_500; count++) say(parts, userId, `${count}`);
  await pause(200);
  expect(list).toHaveBeenCalledTimes(1);
  expect(await nextSummary(stream)).toBe("reset");
});

/** Counts the log's listeners that have been stopped. */
function stopsOf({ eventLog: log }: ReturnType<typeof open>) {
  const stopped = vi.fn();
  const listen = log.listen.bind(log);
  log.listen = async (...args) => {
    const stop = await listen(...args);
    return () => {
      stopped();
      stop();
    };
  };
  return stopped;
}

test.each(["abort", "return"] as const)("%s ends the stream and leaves the hub", async (way) => {
  const parts = open();
  const { userId } = await someSession(parts);
  const stopped = stopsOf(parts);
  const controller = new AbortController();
  const stream = await subscribe(parts, { userId, signal: controller.signal });
  await next(stream);
  const waiting = stream.next();
  if (way === "abort") controller.abort();
  else await stream.return?.();
  expect(await waiting).toEqual({ value: undefined, done: true });
  await vi.waitFor(() => expect(stopped).toHaveBeenCalledTimes(1));
});

test("a stream that is aborted while it opens leaves the hub, too", async () => {
  const parts = open();
  const { userId } = await someSession(parts);
  const stopped = stopsOf(parts);
  const controller = new AbortController();
  const listen = parts.eventLog.listen.bind(parts.eventLog);
  parts.eventLog.listen = (...args) => {
    controller.abort();
    return listen(...args);
  };
  const stream = await subscribe(parts, { userId, signal: controller.signal });
  say(parts, userId, "later");
  expect(await stream.next()).toEqual({ value: undefined, done: true });
  await vi.waitFor(() => expect(stopped).toHaveBeenCalledTimes(1));
});
