import { setTimeout as pause } from "node:timers/promises";
import { beginning } from "@mcp-assistant/protocol";
import { describe, expect, test, vi } from "vitest";
import { EventLog, type LogEntry } from "../../events/event-log.js";
import { messageOf, noSessionLimit, progress, someRecord, someUser } from "../../samples.fixture.js";
import type { SessionRecord } from "../../session/session-record.js";
import { SessionStore } from "../../session/session-store.js";
import type { StorageDriver } from "../../session/storage-driver.js";

/** The sessions in a storage, and the log that they append to. `ttl` in seconds. */
export const sessionsIn = (driver: StorageDriver, ttl: number) => ({
  driver,
  store: new SessionStore(driver, ttl),
  log: new EventLog(driver),
});

const next = (record: SessionRecord, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  ...record,
  ...changes,
  v: record.v + 1,
});

/** What a {@link SessionStore} guarantees with any driver, apart from lifetimes. */
export function sessionStoreContract(name: string, openDriver: () => StorageDriver): void {
  const open = (ttl: number) => sessionsIn(openDriver(), ttl);

  describe.concurrent(name, () => {
    test("a new session is read and listed exactly as it was written", async () => {
      const { store } = open(60);
      const record = someRecord({ challenge: { resourceMetadataUrl: null, scope: "a b" }, reason: 'ünïcode " \\ \n' });
      expect(await store.create(record, [], noSessionLimit)).toEqual({ created: true });
      expect(await store.read(record.userId, record.sessionId)).toMatchObject({ record, credentials: undefined });
      expect(await store.list(record.userId)).toMatchObject({ sessions: [record], unreadable: [], tail: beginning });
    });

    test("50 concurrent creates for one user and server make one session, and all report it", async () => {
      const { store, log } = open(60);
      const userId = someUser();
      const entries: LogEntry[] = [];
      const stop = await log.listen(userId, { entry: (entry) => entries.push(entry), interrupted: () => undefined });
      const records = Array.from({ length: 50 }, () => someRecord({ userId }));
      const answers = await Promise.all(
        records.map((record) => store.create(record, [progress(record, "created")], noSessionLimit)),
      );
      const winner = records[answers.findIndex(({ created }) => created)];
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      for (const answer of answers) if (!answer.created) expect(answer).toMatchObject({ there: winner?.sessionId });
      expect((await store.list(userId)).sessions).toEqual([winner]);
      await pause(50);
      expect(entries).toHaveLength(1);
      stop();
    });

    test("other servers and other users get their own sessions", async () => {
      const { store } = open(60);
      const userId = someUser();
      const others = [someRecord({ userId }), someRecord({ userId, serverId: "mail" }), someRecord()];
      for (const record of others) expect(await store.create(record, [], noSessionLimit)).toEqual({ created: true });
      expect((await store.list(userId)).sessions).toHaveLength(2);
    });

    test("a session is never overwritten by another with its sessionId", async () => {
      const { store } = open(60);
      const record = someRecord();
      await store.create(record, [], noSessionLimit);
      const { userId, sessionId } = record;
      const other = someRecord({ userId, sessionId, serverId: "mail" });
      expect(await store.create(other, [], noSessionLimit)).toEqual({ created: false, refused: "taken" });
      expect((await store.list(userId)).sessions).toEqual([record]);
    });

    test("an id that points to a lost session can be replaced, but not if it was replaced meanwhile", async () => {
      const { store } = open(60);
      const gone = someRecord();
      await store.create(gone, [], noSessionLimit);
      const [first, second] = [someRecord({ userId: gone.userId }), someRecord({ userId: gone.userId })];
      expect(await store.create(first, [], noSessionLimit)).toEqual({ created: false, there: gone.sessionId });
      expect(await store.create(first, [], { ...noSessionLimit, replacing: gone.sessionId })).toEqual({
        created: true,
      });
      expect(await store.create(second, [], { ...noSessionLimit, replacing: gone.sessionId })).toEqual({
        created: false,
        there: first.sessionId,
      });
      expect((await store.list(gone.userId)).sessions).toEqual([first]);
    });

    test("another user's session cannot be found", async () => {
      const { store } = open(60);
      const record = someRecord();
      await store.create(record, [], noSessionLimit);
      expect(await store.read(someUser(), record.sessionId)).toBeUndefined();
      expect(await store.read(record.userId, `${record.sessionId}x`)).toBeUndefined();
      expect((await store.list(someUser())).sessions).toEqual([]);
      expect(await store.read(record.userId, record.sessionId)).toBeDefined();
    });

    test("a commit is refused and writes nothing if another one was faster", async () => {
      const { store, log } = open(60);
      const previous = someRecord();
      await store.create(previous, [progress(previous, "created")], noSessionLimit);
      const { tail } = await store.list(previous.userId);
      const won = next(previous, { reason: "first" });
      expect(await store.commit({ previous, next: won, events: [] })).toBe(true);
      const lost = next(previous, { reason: "second" });
      const events = [progress(lost, "lost")];
      expect(await store.commit({ previous, next: lost, events, credentials: "lost" })).toBe(false);
      expect(await store.read(previous.userId, previous.sessionId)).toMatchObject({
        record: won,
        credentials: undefined,
      });
      expect((await log.read(previous.userId, tail)).value).toEqual([]);
    });

    test("versions are compared as a whole: 1 is not the beginning of 10", async () => {
      const { store } = open(60);
      const record = someRecord({ v: 10 });
      await store.create(record, [], noSessionLimit);
      const stale = { ...record, v: 1 };
      expect(await store.commit({ previous: stale, next: next(stale), events: [] })).toBe(false);
      expect(await store.remove(stale, [])).toBe(false);
    });

    test("a session that is gone cannot be written", async () => {
      const { store } = open(60);
      const previous = someRecord();
      expect(await store.commit({ previous, next: next(previous), events: [], credentials: "x" })).toBe(false);
      expect(await store.remove(previous, [progress(previous, "removed")])).toBe(false);
      expect(await store.list(previous.userId)).toMatchObject({ sessions: [], tail: beginning });
    });

    test("a session is created together with its credentials, or not at all", async () => {
      const { store } = open(60);
      const record = someRecord();
      expect(await store.create(record, [], { ...noSessionLimit, credentials: "sealed" })).toEqual({ created: true });
      expect((await store.read(record.userId, record.sessionId))?.credentials).toBe("sealed");
      const twin = someRecord({ userId: record.userId });
      expect(await store.create(twin, [], { ...noSessionLimit, credentials: "lost" })).toMatchObject({
        created: false,
      });
      expect(await store.read(twin.userId, twin.sessionId)).toBeUndefined();
      expect((await store.read(record.userId, record.sessionId))?.credentials).toBe("sealed");
    });

    test("a commit is refused and writes nothing if the credentials have changed meanwhile", async () => {
      const { store } = open(60);
      const previous = someRecord();
      await store.create(previous, [], { ...noSessionLimit, credentials: '{"cv":"2"}' });
      const change = { previous, next: next(previous, { reason: "changed" }), events: [], credentials: "mine" };
      expect(await store.commit({ ...change, credentialsHead: '{"cv":"1"' })).toBe(false);
      expect(await store.read(previous.userId, previous.sessionId)).toMatchObject({
        record: previous,
        credentials: '{"cv":"2"}',
      });
      expect(await store.commit({ ...change, credentialsHead: '{"cv":"2"' })).toBe(true);
      expect(await store.read(previous.userId, previous.sessionId)).toMatchObject({ credentials: "mine" });
    });

    test.each(["credentials", "handshake"] as const)("a commit keeps, sets or erases the %s", async (kind) => {
      const { store } = open(60);
      let record = someRecord();
      await store.create(record, [], noSessionLimit);
      const commit = async (text?: string | null) => {
        const previous = record;
        record = next(previous);
        const done = { previous, next: record, events: [] };
        expect(await store.commit(text === undefined ? done : { ...done, [kind]: text })).toBe(true);
        return (await store.read(record.userId, record.sessionId))?.[kind];
      };
      expect(await commit("secret 1")).toBe("secret 1");
      expect(await commit()).toBe("secret 1");
      expect(await commit("secret 2")).toBe("secret 2");
      expect(await commit(null)).toBeUndefined();
      expect(await commit()).toBeUndefined();
    });

    test("a listener that receives a change finds the record changed, and its events in order in the log", async () => {
      const { store, log } = open(60);
      const previous = someRecord();
      await store.create(previous, [progress(previous, "created")], noSessionLimit);
      const { tail } = await store.list(previous.userId);
      const seen: Promise<number | undefined>[] = [];
      const stop = await log.listen(previous.userId, {
        entry: () => {
          seen.push(store.read(previous.userId, previous.sessionId).then((stored) => stored?.record.v));
        },
        interrupted: () => undefined,
      });
      const after = next(previous);
      await store.commit({ previous, next: after, events: [progress(after, "one"), progress(after, "two")] });
      await vi.waitFor(() => expect(seen).toHaveLength(2));
      expect(await Promise.all(seen)).toEqual([2, 2]);
      expect((await log.read(previous.userId, tail)).value?.map(messageOf)).toEqual(["one", "two"]);
      stop();
    });

    test("a removed session leaves only its event", async () => {
      const { store, log } = open(60);
      const created = someRecord();
      await store.create(created, [progress(created, "created")], noSessionLimit);
      const record = next(created);
      await store.commit({ previous: created, next: record, events: [], credentials: "secret", handshake: "said" });
      const { tail } = await store.list(record.userId);
      expect(await store.remove(record, [progress(record, "removed")])).toBe(true);
      expect(await store.read(record.userId, record.sessionId)).toBeUndefined();
      expect((await store.list(record.userId)).sessions).toEqual([]);
      expect((await log.read(record.userId, tail)).value?.map(messageOf)).toEqual(["removed"]);
      const again = { ...someRecord({ userId: record.userId }), sessionId: record.sessionId };
      expect(await store.create(again, [], noSessionLimit)).toEqual({ created: true });
      const left = await store.read(record.userId, record.sessionId);
      expect([left?.credentials, left?.handshake]).toEqual([undefined, undefined]);
    });

    test("the tail of a list is the newest log entry that its records reflect", async () => {
      const { store, log } = open(60);
      const previous = someRecord();
      await store.create(
        previous,
        [progress(previous, "1"), progress(previous, "2"), progress(previous, "3")],
        noSessionLimit,
      );
      const { tail } = await store.list(previous.userId);
      expect(tail).not.toBe(beginning);
      await store.commit({ previous, next: next(previous), events: [progress(previous, "after")] });
      expect((await log.read(previous.userId, tail)).value?.map(messageOf)).toEqual(["after"]);
    });
  });

  test(`${name}: 100 writers that each read and commit until they succeed lose no change`, async () => {
    const { store } = open(60);
    const created = someRecord({ tools: { hash: "0", count: 0, listedAt: null } });
    await store.create(created, [], noSessionLimit);
    const addOne = async () => {
      for (;;) {
        const stored = await store.read(created.userId, created.sessionId);
        if (!stored?.record.tools) throw new Error("lost");
        const { record: previous } = stored;
        const tools = { hash: "0", count: stored.record.tools.count + 1, listedAt: null };
        if (await store.commit({ previous, next: next(previous, { tools }), events: [] })) return;
      }
    };
    await Promise.all(Array.from({ length: 100 }, addOne));
    const stored = await store.read(created.userId, created.sessionId);
    expect(stored?.record).toMatchObject({ v: 101, tools: { count: 100 } });
  });
}
