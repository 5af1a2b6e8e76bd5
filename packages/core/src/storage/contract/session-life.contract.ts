import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { noSessionLimit, progress, someRecord, someUser } from "../../samples.fixture.js";
import { createNamelessSessionId } from "../../session/session-id.js";
import type { SessionRecord } from "../../session/session-record.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sessionsIn } from "./session-store.contract.js";

const next = (record: SessionRecord): SessionRecord => ({ ...record, v: record.v + 1 });

/** How long a `SessionStore` keeps sessions with any driver, for which users, and by which clock. */
export function sessionLifeContract(name: string, openDriver: () => StorageDriver): void {
  const open = (ttl: number) => sessionsIn(openDriver(), ttl);

  describe.concurrent(name, () => {
    test("unused sessions expire with their credentials and pointer, and disappear from the list", async () => {
      const { store } = open(3);
      const userId = someUser();
      const [idle, other] = [someRecord({ userId }), someRecord({ userId, serverId: "mail" })];
      await store.create(idle, [], noSessionLimit);
      await store.create(other, [], noSessionLimit);
      await store.commit({ previous: idle, next: next(idle), events: [], credentials: "secret" });
      await pause(1_800);
      await store.read(userId, other.sessionId);
      await pause(1_800);
      expect((await store.list(userId)).sessions).toEqual([other]);
      expect(await store.read(userId, idle.sessionId)).toBeUndefined();
      const again = { ...someRecord({ userId }), sessionId: idle.sessionId };
      expect(await store.create(again, [], noSessionLimit)).toEqual({ created: true });
      expect((await store.read(userId, again.sessionId))?.credentials).toBeUndefined();
    });

    test("a read and a list keep everything of a session alive", async () => {
      const driver = openDriver();
      const { store } = sessionsIn(driver, 3);
      const [toolList, handshake] = [{ text: "tools", maxBytes: 1_000 }, "said"];
      const nameless = () => someRecord({ sessionId: createNamelessSessionId() });
      const [read, listed] = [
        [someRecord(), nameless()],
        [someRecord(), nameless()],
      ];
      await Promise.all(
        [...read, ...listed].map(async (previous) => {
          await store.create(previous, [], noSessionLimit);
          await store.commit({
            previous,
            next: next(previous),
            events: [],
            credentials: "secret",
            handshake,
            toolList,
          });
        }),
      );
      for (let round = 0; round < 3; round++) {
        await pause(1_300);
        await Promise.all([
          ...read.map(({ userId, sessionId }) => store.read(userId, sessionId)),
          ...listed.map(({ userId }) => store.list(userId)),
        ]);
      }
      for (const { userId, sessionId } of [...read, ...listed]) {
        expect(await store.read(userId, sessionId)).toMatchObject({ credentials: "secret", handshake });
        const value = { kind: "tools", id: sessionId } as const;
        expect(await driver.readPart({ partition: { user: userId }, value, start: 0, length: 9 })).toBe("tools");
        expect((await store.list(userId)).sessions).toHaveLength(1);
        expect(await store.create(someRecord({ userId }), [], noSessionLimit)).toEqual({
          created: false,
          there: sessionId,
        });
      }
    });

    test.each(["a:b", "100%", "%3A", "{tag}", "with space\n", "用户😀", "../..", "a:sessions"])(
      "the user id %j is distinct from all others",
      async (odd) => {
        const { store, log } = open(60);
        const userId = `${odd}${someUser()}${odd}`;
        const record = someRecord({ userId });
        await store.create(record, [progress(record, "created")], noSessionLimit);
        expect((await store.read(userId, record.sessionId))?.record).toEqual(record);
        expect((await store.list(userId)).sessions).toEqual([record]);
        expect(await store.read(encodeURIComponent(userId), record.sessionId)).toBeUndefined();
        const { tail } = await store.list(userId);
        expect((await log.read(userId, tail)).value).toEqual([]);
        expect(await store.remove(record, [])).toBe(true);
        expect((await store.list(userId)).sessions).toEqual([]);
      },
    );

    test("every read carries the store's clock, and now() continues it between reads", async () => {
      const { store } = open(60);
      const record = someRecord();
      await store.create(record, [], noSessionLimit);
      const before = (await store.read(record.userId, record.sessionId))?.now ?? 0;
      await pause(30);
      const { now } = await store.list(record.userId);
      expect(now - before).toBeGreaterThanOrEqual(25);
      await pause(30);
      expect(store.now() - now).toBeGreaterThanOrEqual(25);
      expect(store.now() - now).toBeLessThan(5_000);
    });
  });
}
