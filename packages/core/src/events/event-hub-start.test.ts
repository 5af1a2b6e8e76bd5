import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { attached, begun, entry } from "./event-hub.fixture.js";

test("the first entry that arrives waits for the missed ones before it", async () => {
  const { log, got } = await begun("7-1");
  log.missed.mockImplementationOnce(async () => [entry(8), entry(9), entry(10)]);
  log.announce(10);
  expect(got).toEqual([]);
  await vi.waitFor(() => expect(got).toEqual(["8", "9", "10"]));
  expect(log.missed.mock.calls).toEqual([["7-1"]]);
});

test("an entry that arrives before any reader has begun waits for a reader's starting point", async () => {
  const { log, hub, got } = await attached();
  log.announce(9);
  await pause(20);
  expect(got).toEqual([]);
  log.missed.mockImplementationOnce(async () => [entry(8), entry(9)]);
  hub.begin("ada", "7-1");
  await vi.waitFor(() => expect(got).toEqual(["8", "9"]));
  log.announce(10);
  expect(got).toEqual(["8", "9", "10"]);
});

test("an entry that the first reader already has is still delivered, because another reader may not have it", async () => {
  const { log, got } = await begun("7-1");
  log.missed.mockImplementationOnce(async () => [entry(6), entry(7)]);
  log.announce(6, 7, 8);
  await vi.waitFor(() => expect(got).toEqual(["6", "7", "8"]));
  expect(log.missed.mock.calls).toEqual([["5-1"]]);
});

test("an interruption before any reader has begun is made up for once one does, and entries that arrive until then wait", async () => {
  const { log, hub, got } = await attached();
  log.interrupt();
  log.interrupt();
  log.announce(9);
  await pause(20);
  expect(got).toEqual([]);
  expect(log.missed).not.toHaveBeenCalled();
  log.missed.mockImplementation(async (after) => (after === "7-1" ? [entry(8), entry(9)] : []));
  hub.begin("ada", "7-1");
  await vi.waitFor(() => expect(got).toEqual(["8", "9"]));
  log.announce(10);
  await vi.waitFor(() => expect(got).toEqual(["8", "9", "10"]));
});

test("after an interruption before the first entry, the log is read from where the first reader began", async () => {
  const { log, hub, got } = await attached();
  hub.begin("ada", "7-1");
  hub.begin("ada", "9-1");
  hub.begin("grace", "1-1");
  log.missed.mockImplementationOnce(async () => [entry(8), entry(9)]);
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["8", "9"]));
  expect(log.missed.mock.calls).toEqual([["7-1"]]);
  log.interrupt();
  await vi.waitFor(() => expect(log.missed).toHaveBeenCalledTimes(2));
  expect(log.missed.mock.calls[1]).toEqual(["9-1"]);
});

test("a starting point that the log no longer reaches causes a reset, and the next one is used", async () => {
  const { log, hub, got } = await attached();
  hub.begin("ada", "7-1");
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["reset"]));
  log.missed.mockImplementationOnce(async () => [entry(10)]);
  hub.begin("ada", "9-1");
  log.interrupt();
  await vi.waitFor(() => expect(got).toEqual(["reset", "10"]));
  expect(log.missed.mock.calls).toEqual([["7-1"], ["9-1"]]);
});
