import { describe, expect, test, vi } from "vitest";
import {
  messageOf,
  noSessionLimit,
  progress,
  someRecord,
  someUser,
  storedPointer,
  storedRecord,
  storedSignIn,
} from "../../samples.fixture.js";
import { encodeRecord, type SessionRecord } from "../../session/session-record.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sessionsIn } from "./session-store.contract.js";

const numbered = (count: number, userId: string) =>
  Array.from({ length: count }, (_, index) => someRecord({ userId, serverId: `server-${index}` }));

/** What a `SessionStore` does with any driver when a user has too many sessions, or when stored data is damaged. */
export function sessionTroubleContract(name: string, openDriver: () => StorageDriver): void {
  const open = (ttl: number) => sessionsIn(openDriver(), ttl);

  describe.concurrent(name, () => {
    test("of 60 concurrent creates for different servers, exactly the 50 that a user may have succeed", async () => {
      const { store, log, driver } = open(60);
      const userId = someUser();
      const records = numbered(60, userId);
      const entries: string[] = [];
      const listener = { entry: () => void entries.push(""), interrupted: () => undefined };
      const stop = await log.listen(userId, listener);
      const answers = await Promise.all(
        records.map((record) => store.create(record, [progress(record, "created")], { limit: 50 })),
      );
      const made = records.filter((_, index) => answers[index]?.created);
      const refused = records.filter((_, index) => !answers[index]?.created);
      expect(made).toHaveLength(50);
      for (const answer of answers) if (!answer.created) expect(answer).toMatchObject({ refused: "limit" });
      expect(new Set((await store.list(userId)).sessions.map(({ sessionId }) => sessionId))).toEqual(
        new Set(made.map(({ sessionId }) => sessionId)),
      );
      for (const { sessionId, serverId } of refused) {
        expect(await storedRecord(driver, { userId, sessionId }).read()).toBeUndefined();
        expect(await storedPointer(driver, { userId, serverId }).read()).toBeUndefined();
      }
      await vi.waitFor(() => expect(entries).toHaveLength(50));
      stop();
    });

    test("removing a session makes room for another, and other users' sessions do not count", async () => {
      const { store } = open(60);
      const userId = someUser();
      const [first, second, third] = numbered(3, userId);
      if (!first || !second || !third) throw new Error("unreachable");
      for (const record of [first, second])
        expect(await store.create(record, [], { limit: 2 })).toEqual({ created: true });
      expect(await store.create(third, [], { limit: 2 })).toEqual({ created: false, refused: "limit" });
      expect(await store.create(someRecord(), [], { limit: 2 })).toEqual({ created: true });
      await store.remove(first, []);
      expect(await store.create(third, [], { limit: 2 })).toEqual({ created: true });
    });

    test("a user at the limit who creates an existing session again is pointed to it", async () => {
      const { store } = open(60);
      const record = someRecord();
      await store.create(record, [], { limit: 1 });
      const again = someRecord({ userId: record.userId });
      expect(await store.create(again, [], { limit: 1 })).toEqual({ created: false, there: record.sessionId });
    });

    test("the session that replaces a lost one takes its place under the limit", async () => {
      const { store, driver } = open(60);
      const gone = someRecord();
      await store.create(gone, [], { limit: 1 });
      await storedRecord(driver, gone).erase();
      const record = someRecord({ userId: gone.userId });
      expect(await store.create(record, [], { limit: 1 })).toEqual({ created: false, there: gone.sessionId });
      const replacing = { limit: 1, replacing: gone.sessionId };
      expect(await store.create(record, [], replacing)).toEqual({ created: true });
    });

    test("a list removes expired sessions from a full index, which makes room", async () => {
      const { store, driver } = open(60);
      const userId = someUser();
      const records = numbered(3, userId);
      for (const record of records) await store.create(record, [], { limit: 3 });
      const late = someRecord({ userId });
      for (const record of records.slice(1)) await storedRecord(driver, record).erase();
      expect(await store.create(late, [], { limit: 3 })).toEqual({ created: false, refused: "limit" });
      expect((await store.list(userId)).sessions).toEqual(records.slice(0, 1));
      expect(await store.create(late, [], { limit: 3 })).toEqual({ created: true });
    });

    const { v, format, ...rest } = someRecord();
    const damages: [string, string][] = [
      ["not JSON", '{"v":1,"format":1,"sess'],
      ["nothing but a zero byte", "\u0000"],
      ["empty", ""],
      ["JSON of a different shape", "[]"],
      ["missing most fields", '{"v":1,"format":1}'],
      ["of a newer format", JSON.stringify({ v, format: format + 1, ...rest })],
      ["of a format that is not a number", JSON.stringify({ v, format: "one", ...rest })],
    ];

    /** A session with credentials and a damaged record, and a healthy session of the same user. */
    async function damaged(text: string) {
      const opened = open(60);
      const { store, driver } = opened;
      const record = someRecord();
      const healthy = someRecord({ userId: record.userId, serverId: "mail" });
      for (const each of [record, healthy]) await store.create(each, [], noSessionLimit);
      const next = { ...record, v: 2 };
      await store.commit({ previous: record, next, events: [], credentials: "sealed" });
      await storedRecord(driver, record).write(text, 60);
      return { ...opened, record, healthy };
    }

    test.each(damages)("a record that is %s is reported as unreadable to its owner only", async (_damage, text) => {
      const { store, record } = await damaged(text);
      const error = await store.read(record.userId, record.sessionId).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "SESSION_UNREADABLE",
        message: "The saved data of this connection cannot be read",
        operatorHint: expect.stringContaining(record.sessionId),
        retryable: false,
      });
      expect(await store.read(someUser(), record.sessionId)).toBeUndefined();
    });

    test.each(damages)(
      "a record that is %s is listed as unreadable beside the others, and can be discarded",
      async (_damage, text) => {
        const { store, log, driver, record, healthy } = await damaged(text);
        const { userId, sessionId } = record;
        expect(await store.list(userId)).toMatchObject({ sessions: [healthy], unreadable: [sessionId] });
        const events = (by: SessionRecord) => [progress(by, "discarded")];
        const stranger = someRecord();
        expect(await store.discard(stranger.userId, sessionId, events(stranger))).toBe(false);
        expect(await storedRecord(driver, record).read()).toBe(text);

        const heard: string[] = [];
        const stop = await log.listen(userId, {
          entry: (entry) => heard.push(messageOf(entry)),
          interrupted: () => {},
        });
        expect(await store.discard(userId, sessionId, events(record))).toBe(true);
        expect(await store.list(userId)).toMatchObject({ sessions: [healthy], unreadable: [] });
        for (const stored of [storedRecord(driver, record), storedSignIn(driver, record)]) {
          expect(await stored.read()).toBeUndefined();
        }
        await vi.waitFor(() => expect(heard).toEqual(["discarded"]));
        stop();
        expect(await store.discard(userId, sessionId, [])).toBe(false);
        expect(await store.create(someRecord({ userId }), [], noSessionLimit)).toEqual({ created: true });
      },
    );

    test("a discard removes only the session it names, not a newer one in its place", async () => {
      const { store, driver, record } = await damaged("not JSON");
      const { userId, sessionId } = record;
      const newer = someRecord({ userId });
      expect(await store.create(newer, [], { ...noSessionLimit, replacing: sessionId })).toEqual({ created: true });
      expect(await store.discard(userId, sessionId, [])).toBe(false);
      expect(await storedPointer(driver, record).read()).toBe(newer.sessionId);
      expect((await store.read(userId, newer.sessionId))?.record).toEqual(newer);
    });

    test("a record stored under another user's id does not belong to that user", async () => {
      const { store, driver } = open(60);
      const [own, foreign] = [someRecord(), someRecord()];
      await store.create(own, [], noSessionLimit);
      await storedRecord(driver, own).write(encodeRecord(foreign), 60);
      expect(await store.read(own.userId, own.sessionId)).toBeUndefined();
      expect(await store.list(own.userId)).toMatchObject({ sessions: [], unreadable: [] });
    });

    test.each([
      "",
      ".",
      "x",
      "no id",
      "a:b:c",
      "../..",
      "{tag}",
      "*",
      "%00\n\u0000",
      "用户😀",
      "\ud800",
      "i".repeat(10_000),
    ])("no user has a session with the id %.20j", async (sessionId) => {
      const { store } = open(60);
      const record = someRecord();
      await store.create(record, [], noSessionLimit);
      const odd = { ...record, sessionId };
      expect(await store.read(record.userId, sessionId)).toBeUndefined();
      expect(await store.discard(record.userId, sessionId, [progress(record, "discarded")])).toBe(false);
      expect(await store.remove(odd, [progress(record, "removed")])).toBe(false);
      expect(await store.commit({ previous: odd, next: { ...odd, v: 2 }, events: [] })).toBe(false);
      expect((await store.list(record.userId)).sessions).toEqual([record]);
    });
  });
}
