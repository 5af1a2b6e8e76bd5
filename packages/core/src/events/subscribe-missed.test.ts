import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { someRecord, tailOf, workedOn } from "../samples.fixture.js";
import { next, nextSummary, open, say, someSession, withWire } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

/** A stream that checks the records after 150 ms, with no event to make it do so. */
async function openLooking() {
  const parts = open();
  const wire = withWire(parts);
  const leased = await someSession(parts, someRecord(workedOn("CONNECTING", Date.now() + 100)));
  const other = await someSession(parts, someRecord({ userId: leased.userId, serverId: "mail" }));
  const { userId } = leased;
  const stream = await subscribe(parts, { userId });
  await next(stream);
  const { work } = workedOn("CONNECTING");
  await parts.sessions.change(userId, leased.sessionId, () => ({ work }));
  const disconnect = (reason: string) =>
    parts.sessions.change(userId, other.sessionId, () => ({ state: "DISCONNECTED", reason }));
  return { parts, wire, stream, userId, disconnect };
}

const reasonsOf = (connections: { reason: string | null }[]) => connections.map(({ reason }) => reason);

test("an entry that was lost on the way, with none after it, is made up for by a snapshot", async () => {
  const { parts, wire, stream, userId, disconnect } = await openLooking();
  wire.pass = () => undefined;
  await disconnect("lost on the way");
  const tail = await tailOf(parts.driver, userId);
  wire.pass = (entry, on) => on(entry);
  const before = performance.now();
  const { id, event } = await next(stream);
  if (event.type !== "reset") throw new Error(`It is ${event.type}`);
  expect(reasonsOf(event.connections)).toContain("lost on the way");
  expect(id).toBe(tail);
  expect(performance.now() - before).toBeLessThan(3_000);
  say(parts, userId, "after it");
  expect(await nextSummary(stream)).toBe("after it");
});

test("an entry that is merely late does not cause a snapshot", async () => {
  const { parts, wire, stream, userId, disconnect } = await openLooking();
  const list = vi.spyOn(parts.store, "list");
  wire.pass = (entry, on) => void setTimeout(() => on(entry), 600);
  await disconnect("heard late");
  await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(2));
  await pause(50);
  wire.pass = (entry, on) => on(entry);
  say(parts, userId, "after it");
  const delivered = [await nextSummary(stream), await nextSummary(stream), await nextSummary(stream)];
  expect(delivered).toEqual(["state_changed DISCONNECTED", "disconnected", "after it"]);
});

test("a stream that has missed nothing checks once, and not again every second", async () => {
  const { parts } = await openLooking();
  const list = vi.spyOn(parts.store, "list");
  await pause(2_500);
  expect(list).toHaveBeenCalledTimes(1);
});

test("an interruption before anything has happened does not cause a snapshot", async () => {
  const parts = open();
  const wire = withWire(parts);
  const { userId } = await someSession(parts);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  wire.interrupt();
  await pause(20);
  say(parts, userId, "the first that happens");
  expect(await nextSummary(stream)).toBe("the first that happens");
});

test("the first event is delivered without a snapshot, even if it was missed during an interruption", async () => {
  const parts = open();
  const wire = withWire(parts);
  const { userId } = await someSession(parts);
  const streams = [await subscribe(parts, { userId })];
  wire.pass = () => undefined;
  say(parts, userId, "missed");
  // A second stream begins after that event, but the hub still reads from where the first one began.
  streams.push(await subscribe(parts, { userId }));
  for (const stream of streams) expect(await nextSummary(stream)).toBe("reset");
  wire.pass = (entry, on) => on(entry);
  wire.interrupt();
  const [first, second] = streams;
  if (!first || !second) throw new Error("unreachable");
  expect(await nextSummary(first)).toBe("missed");
  say(parts, userId, "heard");
  expect([await nextSummary(first), await nextSummary(second)]).toEqual(["heard", "heard"]);
});

test("a check that the store did not answer loses no event, and is repeated a second later", async () => {
  const parts = open();
  const { userId } = await someSession(parts, someRecord(workedOn("CONNECTING", Date.now() + 100)));
  const stream = await subscribe(parts, { userId });
  await next(stream);
  const list = vi.spyOn(parts.store, "list").mockRejectedValueOnce(new StoreUnavailableError("away"));
  await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(1));
  say(parts, userId, "while it waits");
  expect(await nextSummary(stream)).toBe("while it waits");
  expect(await nextSummary(stream)).toBe("state_changed FAILED");
});

test("a snapshot that the store did not answer is repeated a second later, and nothing is delivered before it", async () => {
  const parts = open();
  const wire = withWire(parts);
  const { userId } = await someSession(parts);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  const list = vi.spyOn(parts.store, "list").mockRejectedValueOnce(new StoreUnavailableError("away"));
  vi.spyOn(parts.eventLog, "read").mockResolvedValueOnce({ value: undefined, bytes: 0 });
  wire.interrupt();
  await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(1));
  say(parts, userId, "while it waits");
  const tail = await tailOf(parts.driver, userId);
  expect(await next(stream)).toMatchObject({ id: tail, event: { type: "reset" } });
  say(parts, userId, "after it");
  expect(await nextSummary(stream)).toBe("after it");
});

test("a tool list is read only when its event is, so that lists do not fill the memory while a slow reader waits", async () => {
  const parts = open();
  const record = await someSession(parts);
  const { userId, sessionId } = record;
  const stream = await subscribe(parts, { userId });
  await next(stream);
  const tools = [{ name: "add", inputSchema: { type: "object" }, description: "x".repeat(10_000) }];
  const found = await parts.toolLists.discover(record, tools);
  const get = vi.spyOn(parts.toolLists, "sized");
  for (let count = 0; count < 100; count++) await parts.sessions.change(userId, sessionId, () => found);
  await pause(50);
  expect(get).not.toHaveBeenCalled();
  for (let count = 1; count <= 3; count++) {
    expect(await next(stream)).toMatchObject({ event: { type: "tools_discovered", tools } });
    expect(get).toHaveBeenCalledTimes(count);
  }
});
