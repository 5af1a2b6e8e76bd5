import { setTimeout as pause } from "node:timers/promises";
import { beginning } from "@mcp-assistant/protocol";
import { expect, test, vi } from "vitest";
import { begun, entry } from "./event-hub.fixture.js";

test("entries that arrive in order are delivered at once, without reading the log", async () => {
  const { log, got } = await begun("4-1");
  log.announce(5, 6, 7);
  expect(got).toEqual(["5", "6", "7"]);
  expect(log.missed).not.toHaveBeenCalled();
});

test("a gap is filled from the log, and entries that arrive meanwhile wait behind it", async () => {
  const { log, got } = await begun();
  log.missed.mockImplementationOnce(async () => [entry(2), entry(3), entry(4)]);
  log.announce(1, 4, 5);
  expect(got).toEqual(["1"]);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3", "4", "5"]));
  expect(log.missed.mock.calls).toEqual([["1-1"]]);
});

test("an entry that arrives twice, or late, is delivered once", async () => {
  const { log, got } = await begun();
  log.announce(1, 2, 2, 1, 3);
  expect(got).toEqual(["1", "2", "3"]);
});

test("a gap found behind a gap is filled, too", async () => {
  const { log, got } = await begun();
  log.missed.mockImplementationOnce(async () => [entry(2), entry(3)]);
  log.missed.mockImplementationOnce(async () => [entry(4), entry(5), entry(6)]);
  log.announce(1, 3, 6);
  await vi.waitFor(() => expect(got).toEqual(["1", "2", "3", "4", "5", "6"]));
});

test("a log that no longer reaches back causes a reset, and entries that arrived meanwhile follow it", async () => {
  const { log, hub, got } = await begun();
  log.announce(1, 9);
  await vi.waitFor(() => expect(got).toEqual(["1", "reset"]));
  log.missed.mockImplementationOnce(async () => [entry(9)]);
  hub.begin("ada", "8-1");
  await vi.waitFor(() => expect(got).toEqual(["1", "reset", "9"]));
  log.announce(10);
  expect(got).toEqual(["1", "reset", "9", "10"]);
});

test.each([
  ["one that follows no entry of the log", entry(9, 77)],
  ["the first one of another log", { ...entry(9), previous: beginning }],
  ["one that is older than what the reader has", entry(3, 2)],
])("an announced entry that the log lacks is not delivered: %s", async (_what, foreign) => {
  const { log, got } = await begun("5-1");
  log.missed.mockImplementation(async (after) => (after === "5-1" ? [] : undefined));
  log.announce(foreign);
  await vi.waitFor(() => expect(log.missed).toHaveBeenCalledTimes(1));
  log.missed.mockImplementation(async () => [entry(6), entry(7)]);
  log.announce(6, 7);
  await vi.waitFor(() => expect(got).toEqual(["6", "7"]));
});

test("the first entry of an empty log is delivered only if this log has it", async () => {
  const { log, got } = await begun(beginning);
  log.missed.mockImplementation(async () => []);
  log.announce({ ...entry(1), previous: beginning });
  await vi.waitFor(() => expect(log.missed).toHaveBeenCalledTimes(1));
  const own = { ...entry(2), previous: beginning };
  log.missed.mockImplementation(async () => [own]);
  log.announce(own);
  await vi.waitFor(() => expect(got).toEqual(["2"]));
});

test("a foreign entry causes no reset after reset while the own log is gone", async () => {
  const { log, hub, got } = await begun("5-1");
  log.missed.mockImplementation(async (after) => (after === beginning ? [] : undefined));
  log.announce(entry(9, 77));
  await vi.waitFor(() => expect(got).toEqual(["reset"]));
  hub.begin("ada", beginning);
  await pause(20);
  expect(got).toEqual(["reset"]);
});
