import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { EventLog } from "../events/event-log.js";
import { authUrl, someRecord, someUser, storedRecord, tailOf, workedOn } from "../samples.fixture.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { SessionStore } from "./session-store.js";
import { Sessions } from "./sessions.js";

function open() {
  const driver = new MemoryDriver();
  const store = new SessionStore(driver, 60);
  return { driver, log: new EventLog(driver), store, sessions: new Sessions({ store, authUrl, limit: 50 }) };
}

const typesAfter = async (log: EventLog, userId: string, after: string) =>
  (await log.read(userId, after)).value?.map(({ event }) => event.type);

test("a second create for the same user and server returns the first session", async () => {
  const { sessions } = open();
  const first = someRecord();
  expect(await sessions.create(first)).toEqual({ record: first, created: true });
  const second = someRecord({ userId: first.userId });
  expect(await sessions.create(second)).toEqual({ record: first, created: false });
});

test("a create replaces a session whose record has expired", async () => {
  const { sessions, driver } = open();
  const gone = someRecord();
  await sessions.create(gone);
  await storedRecord(driver, gone).erase();
  const record = someRecord({ userId: gone.userId });
  expect(await sessions.create(record)).toEqual({ record, created: true });
});

test("a create that finds an interrupted session returns it as FAILED", async () => {
  const { sessions } = open();
  const stuck = someRecord(workedOn("CONNECTING", 0));
  await sessions.create(stuck);
  expect(await sessions.create(someRecord({ userId: stuck.userId }))).toMatchObject({
    created: false,
    record: { sessionId: stuck.sessionId, state: "FAILED" },
  });
});

test("a change that loses its compare-and-set is decided again from the newest record", async () => {
  const { sessions, store } = open();
  const record = someRecord({ reason: "" });
  const { userId, sessionId } = record;
  await sessions.create(record);
  const commit = vi.spyOn(store, "commit");
  const add = (letter: string) =>
    sessions.change(userId, sessionId, ({ reason }) => ({ reason: `${reason}${letter}` }));
  await Promise.all(["a", "b", "c", "d"].map(add));
  const stored = await sessions.read(userId, sessionId);
  expect([...(stored.record.reason ?? "")].sort().join("")).toBe("abcd");
  expect(stored.record.v).toBe(5);
  expect(commit.mock.calls.length).toBeGreaterThan(4);
});

test("a decision for no change writes nothing, and an error thrown by a decision is passed on", async () => {
  const { sessions, driver } = open();
  const record = someRecord();
  await sessions.create(record);
  const tail = await tailOf(driver, record.userId);
  expect(await sessions.change(record.userId, record.sessionId, () => undefined)).toEqual(record);
  const refuse = () => {
    throw new Error("refused");
  };
  await expect(sessions.change(record.userId, record.sessionId, refuse)).rejects.toThrow("refused");
  await expect(sessions.change(record.userId, record.sessionId, () => ({ state: "CONNECTING" }))).rejects.toMatchObject(
    {
      code: "ILLEGAL_MOVE",
    },
  );
  expect((await sessions.read(record.userId, record.sessionId)).record).toEqual(record);
  expect(await tailOf(driver, record.userId)).toBe(tail);
});

test("a change writes its credentials in the same step", async () => {
  const { sessions } = open();
  const record = someRecord();
  await sessions.create(record);
  const change = (credentials: string | null) =>
    sessions.change(record.userId, record.sessionId, () => ({ credentials }));
  await change("secret");
  expect((await sessions.read(record.userId, record.sessionId)).credentials).toBe("secret");
  await change(null);
  expect((await sessions.read(record.userId, record.sessionId)).credentials).toBeUndefined();
});

test("a try that loses to another writer returns nothing", async () => {
  const { sessions } = open();
  const record = someRecord();
  await sessions.create(record);
  expect(await sessions.tryChange(record, { flow: "a" })).toMatchObject({ v: 2, flow: "a" });
  expect(await sessions.tryChange(record, { flow: "b" })).toBeUndefined();
});

test("the read of an expired lease commits what became of it, once, with its event and without its flow", async () => {
  const { sessions, driver, log } = open();
  const record = someRecord({ ...workedOn("AUTHENTICATING", Date.now() + 50), flow: "the-flow" });
  const { userId, sessionId } = record;
  await sessions.create(record);
  const tail = await tailOf(driver, userId);
  expect((await sessions.read(userId, sessionId)).record).toEqual(record);
  await pause(70);
  const reads = Array.from({ length: 10 }, () => sessions.read(userId, sessionId));
  for (const stored of await Promise.all(reads)) {
    expect(stored.record).toMatchObject({ v: 2, state: "DISCONNECTED", flow: null, work: null });
  }
  expect(await typesAfter(log, userId, tail)).toEqual(["state_changed", "disconnected"]);
});

test("a list shows what expired leases have become, oldest session first", async () => {
  const { sessions } = open();
  const userId = someUser();
  const records = [
    someRecord({ userId, serverId: "newest", createdAt: 3 }),
    someRecord({ userId, serverId: "stuck", createdAt: 1, ...workedOn("RECONNECTING", 0) }),
    someRecord({ userId, serverId: "middle", createdAt: 2 }),
  ];
  for (const record of records) await sessions.create(record);
  const listed = (await sessions.list(userId)).sessions.map(({ serverId, state }) => `${serverId} ${state}`);
  expect(listed).toEqual(["stuck FAILED", "middle CONNECTED", "newest CONNECTED"]);
});

test("a removed session is gone, is reported once with a version above its last, and cannot be removed twice", async () => {
  const { sessions, driver, log } = open();
  const record = someRecord();
  const { userId, sessionId } = record;
  await sessions.create(record);
  const tail = await tailOf(driver, userId);
  await sessions.remove(userId, sessionId);
  const { value: entries } = await log.read(userId, tail);
  expect(entries).toMatchObject([{ event: { type: "session_removed", sessionId, v: 2 } }]);
  await expect(sessions.remove(userId, sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("a removal wins over changes at the same time", async () => {
  const { sessions } = open();
  const record = someRecord();
  const { userId, sessionId } = record;
  await sessions.create(record);
  const changes = Array.from({ length: 5 }, () => sessions.change(userId, sessionId, () => ({ flow: "a" })));
  const [removed] = await Promise.allSettled([sessions.remove(userId, sessionId), ...changes]);
  expect(removed.status).toBe("fulfilled");
  await expect(sessions.read(userId, sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("another user's session does not exist, whatever the operation", async () => {
  const { sessions } = open();
  const record = someRecord();
  await sessions.create(record);
  const stranger = someUser();
  for (const attempt of [
    sessions.read(stranger, record.sessionId),
    sessions.change(stranger, record.sessionId, () => ({ flow: "a" })),
    sessions.remove(stranger, record.sessionId),
  ]) {
    await expect(attempt).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  }
  expect((await sessions.read(record.userId, record.sessionId)).record).toEqual(record);
});
