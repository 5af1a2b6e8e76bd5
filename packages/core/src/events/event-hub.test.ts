import { setTimeout as pause } from "node:timers/promises";
import { beginning } from "@mcp-assistant/protocol";
import { expect, test, vi } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { messageOf, progress, someRecord } from "../samples.fixture.js";
import { EventHub, type HubSubscriber } from "./event-hub.js";
import type { EventLog, LogEntry, LogListener } from "./event-log.js";

const entry = (number: number, previous = number - 1): LogEntry => ({
  id: `${number}-1`,
  previous: `${previous}-1`,
  event: progress(someRecord(), `${number}`),
});

/** A log whose announcements arrive when the test says so, or never. */
class HandMadeLog implements Pick<EventLog, "read" | "listen"> {
  readonly listeners = new Set<LogListener>();
  listens = 0;
  /** The answer to reads. */
  read = vi.fn<EventLog["read"]>(async () => undefined);
  /** `listen` waits for this. */
  ready: Promise<void> = Promise.resolve();

  async listen(_userId: string, listener: LogListener) {
    this.listens += 1;
    await this.ready;
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  announce(...numbers: (number | LogEntry)[]) {
    for (const each of numbers) {
      for (const listener of this.listeners) listener.entry(typeof each === "number" ? entry(each) : each);
    }
  }

  interrupt() {
    for (const listener of this.listeners) listener.interrupted();
  }
}

/** A subscriber that records what it gets: messages and "reset". */
function recorder() {
  const got: string[] = [];
  const subscriber: HubSubscriber = {
    entry: (each) => got.push(messageOf(each)),
    reset: () => got.push("reset"),
  };
  return { got, subscriber };
}

async function attached(log = new HandMadeLog()) {
  const hub = new EventHub(log);
  const { got, subscriber } = recorder();
  return { log, hub, got, detach: await hub.attach("ada", subscriber) };
}

/** The same, with a reader that has everything up to `position`. */
async function begun(position = "0-1") {
  const parts = await attached();
  parts.hub.begin("ada", position);
  return parts;
}

test("entries that arrive in order are delivered at once, without reading the log", async () => {
  const { log, got } = await begun("4-1");
  log.announce(5, 6, 7);
  expect(got).toEqual(["5", "6", "7"]);
  expect(log.read).not.toHaveBeenCalled();
});

test("a gap is filled from the log, and entries that arrive meanwhile wait behind it", async () => {
  const { log, got } = await begun();
  log.read.mockImplementationOnce(async () => [entry(2), entry(3), entry(4)]);
  log.announce(1, 4, 5);
  expect(got).toEqual(["1"]);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3", "4", "5"]));
  expect(log.read.mock.calls).toEqual([["ada", "1-1"]]);
});

test("an entry that arrives twice, or late, is delivered once", async () => {
  const { log, got } = await begun();
  log.announce(1, 2, 2, 1, 3);
  expect(got).toEqual(["1", "2", "3"]);
});

test("a gap found behind a gap is filled, too", async () => {
  const { log, got } = await begun();
  log.read.mockImplementationOnce(async () => [entry(2), entry(3)]);
  log.read.mockImplementationOnce(async () => [entry(4), entry(5), entry(6)]);
  log.announce(1, 3, 6);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3", "4", "5", "6"]));
});

test("a log that no longer reaches back causes a reset, and entries that arrived meanwhile follow it", async () => {
  const { log, hub, got } = await begun();
  log.announce(1, 9);
  await vi.waitFor(() => expect(got).toEqual(["1", "reset"]));
  log.read.mockImplementationOnce(async () => [entry(9)]);
  hub.begin("ada", "8-1");
  await vi.waitFor(() => expect(got).toEqual(["1", "reset", "9"]));
  log.announce(10);
  expect(got).toEqual(["1", "reset", "9", "10"]);
});

test("the first entry that arrives waits for the missed ones before it", async () => {
  const { log, got } = await begun("7-1");
  log.read.mockImplementationOnce(async () => [entry(8), entry(9), entry(10)]);
  log.announce(10);
  expect(got).toEqual([]);
  await vi.waitFor(() => expect(got).toEqual(["8", "9", "10"]));
  expect(log.read.mock.calls).toEqual([["ada", "7-1"]]);
});

test("an entry that arrives before any reader has begun waits for a reader's starting point", async () => {
  const { log, hub, got } = await attached();
  log.announce(9);
  await pause(20);
  expect(got).toEqual([]);
  log.read.mockImplementationOnce(async () => [entry(8), entry(9)]);
  hub.begin("ada", "7-1");
  await vi.waitFor(() => expect(got).toEqual(["8", "9"]));
  log.announce(10);
  expect(got).toEqual(["8", "9", "10"]);
});

test("an entry that the first reader already has is still delivered, because another reader may not have it", async () => {
  const { log, got } = await begun("7-1");
  log.read.mockImplementationOnce(async () => [entry(6), entry(7)]);
  log.announce(6, 7, 8);
  await vi.waitFor(() => expect(got).toEqual(["6", "7", "8"]));
  expect(log.read.mock.calls).toEqual([["ada", "5-1"]]);
});

test.each([
  ["one that follows no entry of the log", entry(9, 77)],
  ["the first one of another log", { ...entry(9), previous: beginning }],
  ["one that is older than what the reader has", entry(3, 2)],
])("an announced entry that the log lacks is not delivered: %s", async (_what, foreign) => {
  const { log, got } = await begun("5-1");
  log.read.mockImplementation(async (_user, after) => (after === "5-1" ? [] : undefined));
  log.announce(foreign);
  await vi.waitFor(() => expect(log.read).toHaveBeenCalledTimes(1));
  log.read.mockImplementation(async () => [entry(6), entry(7)]);
  log.announce(6, 7);
  await vi.waitFor(() => expect(got).toEqual(["6", "7"]));
});

test("the first entry of an empty log is delivered only if this log has it", async () => {
  const { log, got } = await begun(beginning);
  log.read.mockImplementation(async () => []);
  log.announce({ ...entry(1), previous: beginning });
  await vi.waitFor(() => expect(log.read).toHaveBeenCalledTimes(1));
  const own = { ...entry(2), previous: beginning };
  log.read.mockImplementation(async () => [own]);
  log.announce(own);
  await vi.waitFor(() => expect(got).toEqual(["2"]));
});

test("a foreign entry causes no reset after reset while the own log is gone", async () => {
  const { log, hub, got } = await begun("5-1");
  log.read.mockImplementation(async (_user, after) => (after === beginning ? [] : undefined));
  log.announce(entry(9, 77));
  await vi.waitFor(() => expect(got).toEqual(["reset"]));
  hub.begin("ada", beginning);
  await pause(20);
  expect(got).toEqual(["reset"]);
});

test("after an interruption, missed entries are read", async () => {
  const { log, got } = await begun();
  log.announce(1);
  log.read.mockImplementationOnce(async () => [entry(2)]);
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["1", "2"]));
  expect(log.read.mock.calls).toEqual([["ada", "1-1"]]);
});

test("an interruption before any reader has begun is made up for once one does, and entries that arrive until then wait", async () => {
  const { log, hub, got } = await attached();
  log.interrupt();
  log.interrupt();
  log.announce(9);
  await pause(20);
  expect(got).toEqual([]);
  expect(log.read).not.toHaveBeenCalled();
  log.read.mockImplementation(async (_userId, after) => (after === "7-1" ? [entry(8), entry(9)] : []));
  hub.begin("ada", "7-1");
  await vi.waitFor(() => expect(got).toEqual(["8", "9"]));
  log.announce(10);
  await vi.waitFor(() => expect(got).toEqual(["8", "9", "10"]));
});

test("a gap that could not be filled is filled once the store is back, and entries that arrive until then wait", async () => {
  const { log, got } = await begun();
  log.read.mockRejectedValueOnce(new StoreUnavailableError("away"));
  log.announce(1, 3);
  await vi.waitFor(() => expect(log.read).toHaveBeenCalledTimes(1));
  log.read.mockImplementationOnce(async () => [entry(2), entry(3), entry(4)]);
  log.announce(4);
  expect(got).toEqual(["1"]);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3", "4"]));
});

test("entries missed while the store was down are read later, even if no more entries arrive", async () => {
  const { log, got } = await begun();
  log.announce(1);
  log.read.mockRejectedValueOnce(new StoreUnavailableError("away"));
  log.read.mockImplementationOnce(async () => [entry(2)]);
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["1", "2"]));
});

test("a hub without listeners stops asking a store that is down", async () => {
  const { log, detach } = await begun();
  log.announce(1);
  log.read.mockRejectedValueOnce(new StoreUnavailableError("away"));
  log.interrupt();
  await vi.waitFor(() => expect(log.read).toHaveBeenCalledTimes(1));
  detach();
  await pause(1_100);
  expect(log.read).toHaveBeenCalledTimes(1);
});

test("an interruption while missed entries are being read causes another read, for what the first did not see", async () => {
  const { log, got } = await begun();
  log.announce(1);
  let answer: (entries: LogEntry[]) => void = () => undefined;
  const reading = new Promise<LogEntry[]>((resolve) => {
    answer = resolve;
  });
  log.read.mockReturnValueOnce(reading);
  log.read.mockImplementationOnce(async () => [entry(3)]);
  log.interrupt();
  log.interrupt();
  answer([entry(2)]);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3"]));
  expect(log.read.mock.calls).toEqual([
    ["ada", "1-1"],
    ["ada", "2-1"],
  ]);
});

test("all subscribers of a user share one listener, which ends with the last of them", async () => {
  const { log, hub, got, detach } = await begun();
  const other = recorder();
  const leave = await hub.attach("ada", other.subscriber);
  expect(log.listens).toBe(1);
  log.announce(1);
  leave();
  log.announce(2);
  expect(other.got).toEqual(["1"]);
  expect(got).toEqual(["1", "2"]);
  expect(log.listeners.size).toBe(1);
  detach();
  await vi.waitFor(() => expect(log.listeners.size).toBe(0));
  await hub.attach("ada", other.subscriber);
  expect(log.listens).toBe(2);
});

test("each user has their own listener", async () => {
  const { log, hub } = await attached();
  await hub.attach("grace", recorder().subscriber);
  expect(log.listens).toBe(2);
});

test("a listener ends even if its last subscriber left while it was being set up", async () => {
  const log = new HandMadeLog();
  let listening: () => void = () => undefined;
  log.ready = new Promise((resolve) => {
    listening = resolve;
  });
  const hub = new EventHub(log);
  const attaching = Promise.all([hub.attach("ada", recorder().subscriber), hub.attach("ada", recorder().subscriber)]);
  listening();
  for (const detach of await attaching) detach();
  await vi.waitFor(() => expect(log.listeners.size).toBe(0));
  expect(log.listens).toBe(1);
});

test("a subscriber is refused while the store is down, and the next one tries again", async () => {
  const log = new HandMadeLog();
  log.ready = Promise.reject(new StoreUnavailableError("away"));
  const hub = new EventHub(log);
  await expect(hub.attach("ada", recorder().subscriber)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  log.ready = Promise.resolve();
  const { got, subscriber } = recorder();
  await hub.attach("ada", subscriber);
  hub.begin("ada", "0-1");
  log.announce(1);
  expect(got).toEqual(["1"]);
});

test("after an interruption before the first entry, the log is read from where the first reader began", async () => {
  const { log, hub, got } = await attached();
  hub.begin("ada", "7-1");
  hub.begin("ada", "9-1");
  hub.begin("grace", "1-1");
  log.read.mockImplementationOnce(async () => [entry(8), entry(9)]);
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["8", "9"]));
  expect(log.read.mock.calls).toEqual([["ada", "7-1"]]);
  log.interrupt();
  await vi.waitFor(() => expect(log.read).toHaveBeenCalledTimes(2));
  expect(log.read.mock.calls[1]).toEqual(["ada", "9-1"]);
});

test("a starting point that the log no longer reaches causes a reset, and the next one is used", async () => {
  const { log, hub, got } = await attached();
  hub.begin("ada", "7-1");
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["reset"]));
  log.read.mockImplementationOnce(async () => [entry(10)]);
  hub.begin("ada", "9-1");
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["reset", "10"]));
  expect(log.read.mock.calls).toEqual([
    ["ada", "7-1"],
    ["ada", "9-1"],
  ]);
});

test("readers are counted, per user and in total, until they leave or are refused", async () => {
  const { log, hub, detach } = await begun();
  expect(hub.count("ada")).toEqual({ ofUser: 1, inAll: 1 });
  const leave = await hub.attach("ada", recorder().subscriber);
  const attaching = hub.attach("grace", recorder().subscriber);
  expect([hub.count("ada"), hub.count("grace"), hub.count("unknown")]).toEqual([
    { ofUser: 2, inAll: 3 },
    { ofUser: 1, inAll: 3 },
    { ofUser: 0, inAll: 3 },
  ]);
  for (const end of [leave, leave, detach, await attaching]) end();
  expect(hub.count("ada")).toEqual({ ofUser: 0, inAll: 0 });
  log.ready = Promise.reject(new StoreUnavailableError("away"));
  await expect(hub.attach("ada", recorder().subscriber)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(hub.count("ada")).toEqual({ ofUser: 0, inAll: 0 });
});
