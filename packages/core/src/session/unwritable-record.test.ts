import { expect, test } from "vitest";
import { someRecord, storedRecord } from "../samples.fixture.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { decodeRecord, encodeRecord } from "./session-record.js";
import { SessionStore } from "./session-store.js";
import { Sessions } from "./sessions.js";

const record = someRecord();
const { v, ...rest } = record;

test.each([
  ["with white space", JSON.stringify(record, null, 1)],
  ["with its version in another place", JSON.stringify({ ...rest, v })],
  ["with its version written differently", encodeRecord({ ...record, v: 1_000 }).replace('"v":1000', '"v":1e3')],
  ["with a time that no Date can hold", encodeRecord({ ...record, createdAt: 1e300 })],
  ["with a time that no event can show", encodeRecord({ ...record, stateSince: 8.64e15 })],
  ["with a lease that ends at an impossible time", encodeRecord({ ...record, work: { owner: "x", until: 1e300 } })],
  ["without a URL", encodeRecord({ ...record, serverUrl: "nonsense" })],
  ["with a URL that a browser would run", encodeRecord({ ...record, serverUrl: "javascript:alert(1)" })],
])("a record %s is unreadable", (_case, text) => {
  expect(() => decodeRecord(record.sessionId, text)).toThrow(expect.objectContaining({ code: "SESSION_UNREADABLE" }));
});

test("a session whose stored text cannot be replaced is reported as unreadable instead of being retried forever", async () => {
  const driver = new MemoryDriver();
  const store = new SessionStore(driver, 60);
  const sessions = new Sessions({ store, limit: 50, authUrl: () => "https://app.example/" });
  const { userId, sessionId } = record;
  const other = someRecord({ userId, serverId: "mail" });
  await store.create(record, [], { limit: 50 });
  await store.create(other, [], { limit: 50 });
  for (const text of [JSON.stringify(record, null, 1), encodeRecord(other)]) {
    await storedRecord(driver, record).write(text, 60);
    const changing = sessions.change(userId, sessionId, () => ({ state: "DISCONNECTED" }));
    await expect(changing).rejects.toMatchObject({ code: "SESSION_UNREADABLE" });
    expect(await sessions.list(userId)).toMatchObject({ sessions: [other], unreadable: [sessionId] });
  }
  await sessions.remove(userId, sessionId);
  expect(await sessions.list(userId)).toMatchObject({ sessions: [other], unreadable: [] });
});
