import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { RateLimitedError, StoreUnavailableError } from "../errors.js";
import { begun, entry, recorder } from "./event-hub.fixture.js";
import type { LogEntry } from "./event-log.js";

test("after an interruption, missed entries are read", async () => {
  const { log, got } = await begun();
  log.announce(1);
  log.missed.mockImplementationOnce(async () => [entry(2)]);
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["1", "2"]));
  expect(log.missed.mock.calls).toEqual([["1-1"]]);
});

test("an interruption while missed entries are being read causes another read, for what the first did not see", async () => {
  const { log, got } = await begun();
  log.announce(1);
  let answer: (entries: LogEntry[]) => void = () => undefined;
  const reading = new Promise<LogEntry[]>((resolve) => {
    answer = resolve;
  });
  log.missed.mockReturnValueOnce(reading);
  log.missed.mockImplementationOnce(async () => [entry(3)]);
  log.interrupt();
  log.interrupt();
  answer([entry(2)]);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3"]));
  expect(log.missed.mock.calls).toEqual([["1-1"], ["2-1"]]);
});

test("a gap that could not be filled is filled once the store is back, and entries that arrive until then wait", async () => {
  const { log, got } = await begun();
  log.missed.mockRejectedValueOnce(new StoreUnavailableError("away"));
  log.announce(1, 3);
  await vi.waitFor(() => expect(log.missed).toHaveBeenCalledTimes(1));
  log.missed.mockImplementationOnce(async () => [entry(2), entry(3), entry(4)]);
  log.announce(4);
  expect(got).toEqual(["1"]);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3", "4"]));
});

test("entries missed while the store was down are read later, even if no more entries arrive", async () => {
  const { log, got } = await begun();
  log.announce(1);
  log.missed.mockRejectedValueOnce(new StoreUnavailableError("away"));
  log.missed.mockImplementationOnce(async () => [entry(2)]);
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["1", "2"]));
});

test("a hub without listeners stops asking a store that is down", async () => {
  const { log, detach } = await begun();
  log.announce(1);
  log.missed.mockRejectedValueOnce(new StoreUnavailableError("away"));
  log.interrupt();
  await vi.waitFor(() => expect(log.missed).toHaveBeenCalledTimes(1));
  detach();
  await pause(1_100);
  expect(log.missed).toHaveBeenCalledTimes(1);
});

test.each([
  ["until the user may read more", new RateLimitedError("You have read too much", 1_600), 1_600],
  ["a second, for a store that is down", new StoreUnavailableError("away"), 1_000],
])("a read that failed is repeated after its time: %s", async (_what, error, ms) => {
  const { log, got } = await begun();
  log.announce(1);
  log.missed.mockRejectedValueOnce(error);
  log.missed.mockImplementationOnce(async () => [entry(2)]);
  const before = performance.now();
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["1", "2"]));
  expect(log.missed).toHaveBeenCalledTimes(2);
  expect(performance.now() - before).toBeGreaterThanOrEqual(ms - 10);
});

test("missed entries are read with a reader who is still there", async () => {
  const { log, hub, got, detach } = await begun();
  const other = recorder(log);
  const gone = vi.spyOn(log, "missed");
  await hub.attach("ada", { ...other.subscriber, missed: async () => [entry(2)] });
  log.announce(1);
  detach();
  log.interrupt();
  await vi.waitFor(() => expect(other.got).toEqual(["1", "2"]));
  expect(got).toEqual(["1"]);
  expect(gone).not.toHaveBeenCalled();
});
