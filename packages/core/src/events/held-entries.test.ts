import { expect, test, vi } from "vitest";
import { messageOf, progress, someRecord } from "../samples.fixture.js";
import { EventHub, type HubSubscriber } from "./event-hub.js";
import type { LogEntry, LogListener } from "./event-log.js";

const record = someRecord();
const entry = (number: number): LogEntry => ({
  id: `${number}-1`,
  previous: `${number - 1}-1`,
  event: progress(record, `${number}`),
});

test("entries that no longer fit in the queue while missed ones are read are read afterwards: none is lost, all are in order", async () => {
  const entries: LogEntry[] = [];
  let listener: LogListener | undefined;
  let answer: (() => void) | undefined;
  const missed = vi.fn<HubSubscriber["missed"]>(async (after) => {
    const known = [...entries];
    if (!answer) await new Promise<void>((resolve) => (answer = resolve));
    return known.filter(({ id }) => Number.parseInt(id, 10) > Number.parseInt(after, 10));
  });
  const hub = new EventHub({
    listen: async (_userId, heard) => {
      listener = heard;
      return () => undefined;
    },
  });
  const got: number[] = [];
  await hub.attach("ada", {
    entry: (each) => got.push(Number(messageOf(each))),
    reset: () => got.push(Number.NaN),
    missed,
    end: () => undefined,
  });
  hub.begin("ada", "0-1");
  const append = (number: number) => {
    entries.push(entry(number));
    listener?.entry(entry(number));
  };
  append(1);
  entries.push(entry(2));
  for (let number = 3; number <= 2_000; number++) append(number);
  expect(got).toEqual([1]);
  answer?.();
  await vi.waitFor(() => expect(got.at(-1)).toBe(2_000));
  expect(got).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
  expect(missed).toHaveBeenCalledTimes(2);
});
