import { beginning } from "@mcp-assistant/protocol";
import { describe, expect, test, vi } from "vitest";
import { EventLog, type LogEntry } from "../../events/event-log.js";
import { callProgress, messageOf, progress, someRecord, someUser } from "../../samples.fixture.js";
import type { StorageDriver } from "../../session/storage-driver.js";

/** Appends events to a user's log, as a change of their sessions would. Resolves when they are stored. */
export async function append(driver: StorageDriver, userId: string, messages: string[]): Promise<void> {
  const record = someRecord({ userId });
  const events = messages.map((message) => JSON.stringify(progress(record, message)));
  await driver.commit({ partition: { user: userId }, events });
}

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

/** What an {@link EventLog} guarantees with any driver. */
export function eventLogContract(name: string, openDriver: () => StorageDriver): void {
  const open = () => {
    const driver = openDriver();
    return { driver, log: new EventLog(driver) };
  };

  describe.concurrent(name, () => {
    /** A log, and its entries as a listener received them. */
    async function listenedLog(...batches: string[][]) {
      const { driver, log } = open();
      const userId = someUser();
      const entries: LogEntry[] = [];
      const stop = await log.listen(userId, { entry: (entry) => entries.push(entry), interrupted: () => undefined });
      const messages = batches.flat();
      for (const batch of batches) await append(driver, userId, batch);
      await vi.waitFor(() => expect(entries.map(messageOf)).toEqual(messages));
      return { log, userId, entries, stop };
    }

    test("entries arrive in order, and each names the one before it", async () => {
      const { entries, stop } = await listenedLog(["1", "2"], ["3"], ["4", "5"]);
      const previous = [beginning, ...entries.map(({ id }) => id)];
      for (const [index, entry] of entries.entries()) expect(entry.previous).toBe(previous[index]);
      expect(new Set(previous).size).toBe(6);
      stop();
    });

    test("a read returns all entries after an id, identical to those that listeners received", async () => {
      const { log, userId, entries, stop } = await listenedLog(["1", "2"], ["3"]);
      expect((await log.read(userId, entries[0]?.id ?? "")).value).toEqual(entries.slice(1));
      expect((await log.read(userId, entries[2]?.id ?? "")).value).toEqual([]);
      stop();
    });

    test("a log that has lost nothing can be read from the beginning", async () => {
      const { log, userId, entries, stop } = await listenedLog(["1"], ["2"]);
      expect((await log.read(userId, beginning)).value).toEqual(entries);
      expect((await log.read(someUser(), beginning)).value).toEqual([]);
      stop();
      const long = await listenedLog(numbered(1, 300), numbered(301, 600));
      expect((await long.log.read(long.userId, beginning)).value).toBeUndefined();
      long.stop();
    });

    test("a log cannot be read from an unknown id, or when it is empty", async () => {
      const { log, userId, entries, stop } = await listenedLog(["1"], ["2"]);
      expect((await log.read(userId, "1-0")).value).toBeUndefined();
      const later = `${Number(entries[1]?.id.split("-")[0]) + 60_000}-0`;
      expect((await log.read(userId, later)).value).toBeUndefined();
      expect((await log.read(someUser(), entries[0]?.id ?? "")).value).toBeUndefined();
      stop();
    });

    test("a log keeps at least the newest 256 entries, and reports when older ones are gone", async () => {
      const { log, userId, entries, stop } = await listenedLog(numbered(1, 300), numbered(301, 600));
      expect((await log.read(userId, entries[0]?.id ?? "")).value).toBeUndefined();
      const missed = (await log.read(userId, entries[600 - 257]?.id ?? "")).value;
      expect(missed?.map(messageOf)).toEqual(numbered(345, 600));
      stop();
    });

    test("two listeners of a user receive the same, a listener of another user receives nothing", async () => {
      const { driver, log } = open();
      const [userId, heard, heardToo, foreign] = [someUser(), vi.fn(), vi.fn(), vi.fn()];
      const interrupted = vi.fn();
      const stops = [
        await log.listen(userId, { entry: heard, interrupted }),
        await log.listen(userId, { entry: heardToo, interrupted }),
        await log.listen(someUser(), { entry: foreign, interrupted }),
      ];
      await append(driver, userId, ["1", "2"]);
      await vi.waitFor(() => expect(heardToo).toHaveBeenCalledTimes(2));
      expect(heard.mock.calls).toEqual(heardToo.mock.calls);
      expect(foreign).not.toHaveBeenCalled();
      expect(interrupted).not.toHaveBeenCalled();
      for (const stop of stops) stop();
    });

    test("a published event reaches the user's listeners, in order, and no log has it", async () => {
      const { driver, log } = open();
      const [userId, passing, foreign, heard] = [someUser(), vi.fn(), vi.fn(), vi.fn()];
      const interrupted = () => undefined;
      const stops = [
        await log.listen(userId, { entry: heard, passing, interrupted }),
        await log.listen(userId, { entry: heard, interrupted }),
        await log.listen(someUser(), { entry: foreign, passing: foreign, interrupted }),
      ];
      const events = ["\u2028 with spaces", "- - 2"].map((message) => callProgress(someRecord({ userId }), message));
      for (const event of events) await log.publish(userId, event);
      await vi.waitFor(() => expect(passing.mock.calls).toEqual(events.map((event) => [event])));
      for (const text of ["", "{}", "0-1 0-0 {}", '{"type":"call_progress"}']) await driver.publish(userId, text);
      expect((await log.read(userId, beginning)).value).toEqual([]);
      await append(driver, userId, ["1"]);
      await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(2));
      expect(passing).toHaveBeenCalledTimes(2);
      expect(foreign).not.toHaveBeenCalled();
      for (const stop of stops) stop();
    });

    test("an event may be published without listeners", async () => {
      const { log } = open();
      await log.publish(someUser(), callProgress(someRecord(), "unheard"));
    });

    test("a stopped listener receives nothing more, the others continue, and listening again works", async () => {
      const { driver, log } = open();
      const [userId, left, stayed, again] = [someUser(), vi.fn(), vi.fn(), vi.fn()];
      const interrupted = () => undefined;
      const leave = await log.listen(userId, { entry: left, interrupted });
      const stop = await log.listen(userId, { entry: stayed, interrupted });
      leave();
      await append(driver, userId, ["1"]);
      await vi.waitFor(() => expect(stayed).toHaveBeenCalledTimes(1));
      stop();
      const stopAgain = await log.listen(userId, { entry: again, interrupted });
      await append(driver, userId, ["2"]);
      await vi.waitFor(() => expect(again).toHaveBeenCalledTimes(1));
      expect(left).not.toHaveBeenCalled();
      expect(stayed).toHaveBeenCalledTimes(1);
      stopAgain();
    });
  });
}
