import { expect, test } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { EventLog } from "../events/event-log.js";
import {
  authUrl,
  messageOf,
  someRecord,
  someUser,
  storedRecord,
  tailOf,
  withOverrides,
  workedOn,
} from "../samples.fixture.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { SessionStore } from "./session-store.js";
import { Sessions } from "./sessions.js";

function open(limit = 50) {
  const driver = new MemoryDriver();
  const store = new SessionStore(driver, 60);
  return { driver, log: new EventLog(driver), sessions: new Sessions({ store, authUrl, limit }) };
}

const numbered = (count: number, userId: string) =>
  Array.from({ length: count }, (_, index) => someRecord({ userId, serverId: `server-${index}` }));

test("when a user opens 60 connections at once, 50 are made, and the others are refused with the limit", async () => {
  const { sessions } = open();
  const userId = someUser();
  const made = await Promise.allSettled(numbered(60, userId).map((record) => sessions.create(record)));
  const refused = made.filter((each) => each.status === "rejected");
  expect(refused).toHaveLength(10);
  for (const { reason } of refused) {
    expect(reason).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "You have 50 connections, the most that this app allows",
      retryable: false,
    });
  }
  expect((await sessions.list(userId)).sessions).toHaveLength(50);
  expect((await sessions.create(someRecord())).created).toBe(true);
});

test("a user at the limit still gets an existing connection, and can make a new one after removing one", async () => {
  const { sessions } = open(1);
  const record = someRecord();
  await sessions.create(record);
  expect(await sessions.create(someRecord({ userId: record.userId }))).toEqual({ record, created: false });
  const other = someRecord({ userId: record.userId, serverId: "mail" });
  await expect(sessions.create(other)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  await sessions.remove(record.userId, record.sessionId);
  expect(await sessions.create(other)).toEqual({ record: other, created: true });
});

test("expired connections do not count, even if no list has dropped them yet", async () => {
  const { sessions, driver } = open(3);
  const userId = someUser();
  const records = numbered(3, userId);
  for (const record of records) await sessions.create(record);
  await storedRecord(driver, { userId, sessionId: records[1]?.sessionId ?? "" }).erase();
  const record = someRecord({ userId });
  expect(await sessions.create(record)).toEqual({ record, created: true });
  const late = someRecord({ userId, serverId: "late" });
  await expect(sessions.create(late)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("everything that its owner does with an unreadable session reports that, except removing it", async () => {
  const { sessions, driver, log } = open();
  const record = someRecord();
  const { userId, sessionId } = record;
  await sessions.create(record);
  await storedRecord(driver, record).write('{"v":7,"format":99}', 60);
  for (const attempt of [
    () => sessions.read(userId, sessionId),
    () => sessions.change(userId, sessionId, () => ({ flow: "a" })),
    () => sessions.create(someRecord({ userId })),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: "SESSION_UNREADABLE" });
  }
  const stranger = someUser();
  await expect(sessions.read(stranger, sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(sessions.remove(stranger, sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect(await sessions.list(userId)).toMatchObject({ sessions: [], unreadable: [sessionId] });

  const tail = await tailOf(driver, userId);
  await sessions.remove(userId, sessionId);
  const events = await log.read(userId, tail);
  expect(events.value?.map(messageOf)).toEqual(["session_removed"]);
  expect(events.value).toMatchObject([{ event: { sessionId, serverId: "notes" } }]);
  expect(await sessions.list(userId)).toMatchObject({ sessions: [], unreadable: [] });
  await expect(sessions.remove(userId, sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect((await sessions.create(someRecord({ userId }))).created).toBe(true);
});

test("an unreadable session counts like any other", async () => {
  const { sessions, driver } = open(1);
  const record = someRecord();
  await sessions.create(record);
  await storedRecord(driver, record).write("not JSON", 60);
  const other = someRecord({ userId: record.userId, serverId: "mail" });
  await expect(sessions.create(other)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("ten removals of an unreadable session remove it once", async () => {
  const { sessions, driver, log } = open();
  const record = someRecord();
  const { userId, sessionId } = record;
  await sessions.create(record);
  await storedRecord(driver, record).write("not JSON", 60);
  const tail = await tailOf(driver, userId);
  const removed = await Promise.allSettled(Array.from({ length: 10 }, () => sessions.remove(userId, sessionId)));
  expect(removed.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect((await log.read(userId, tail)).value).toHaveLength(1);
});

test("a store that can be read but not written still shows what an expired lease has become", async () => {
  const { sessions, driver } = open();
  const record = someRecord(workedOn("CONNECTING", Date.now() - 1));
  await sessions.create(record);
  const full = withOverrides(driver, {
    commit: () => Promise.reject(new StoreUnavailableError(new Error("OOM"), "full")),
  });
  const listed = await new Sessions({ store: new SessionStore(full, 60), authUrl, limit: 50 }).list(record.userId);
  expect(listed.sessions).toMatchObject([{ state: "FAILED", error: { code: "INTERRUPTED" } }]);
});
