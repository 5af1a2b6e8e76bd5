import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { ConnectionsStore, maxRecentEvents } from "./connections-store.js";

const at = "2026-11-22T10:00:00.000Z";
const reset: McpConnectionEvent = { type: "reset", at, connections: [] };
const base = { sessionId: "s1", serverId: "server", at, v: 1 };

const progress = (message: string): McpConnectionEvent => ({ type: "progress", ...base, message });

function setUp() {
  const store = new ConnectionsStore();
  store.record("1-0", reset);
  return { store };
}

test("the last event id is lost together with the data, and the next data is a snapshot", () => {
  const { store } = setUp();
  store.record("2-0", progress("Dialling"));
  expect(store.lastEventId).toBe("2-0");
  store.forget();
  expect([store.connections, store.lastEventId]).toEqual([undefined, undefined]);
  store.record("3-0", progress("Dialling"));
  expect(store.lastEventId).toBeUndefined();
});

test("the latest events are kept, each with its id and a key of its own", () => {
  const { store } = setUp();
  for (let n = 0; n < maxRecentEvents + 5; n += 1) store.record("2-0", progress(String(n)));
  const recent = store.recent.get();
  expect(recent).toHaveLength(maxRecentEvents);
  expect(recent.at(-1)).toMatchObject({ id: "2-0", event: { message: String(maxRecentEvents + 4) } });
  expect(new Set(recent.map(({ key }) => key)).size).toBe(maxRecentEvents);
});

test("a restart drops the data and is reported", () => {
  const { store } = setUp();
  const seen: unknown[] = [];
  store.restarts.subscribe(() => seen.push(store.connections));
  store.restart();
  expect(seen).toEqual([undefined]);
});

test("an event that arrives twice or late counts once", () => {
  const { store } = setUp();
  const ids = () => store.recent.get().map(({ id }) => id);
  for (const id of ["2-0", "3-0", "2-0", "3-0"]) store.record(id, progress("Dialling"));
  store.record("1-0", reset);
  expect(ids()).toEqual(["1-0", "2-0", "3-0"]);
  store.record("3-0", progress("Listing tools"));
  expect(ids()).toEqual(["1-0", "2-0", "3-0", "3-0"]);
  expect(store.lastEventId).toBe("3-0");
});

test("a snapshot without news, as when two tabs answer for the same moment, does not count", () => {
  const { store } = setUp();
  store.record("1-0", { ...reset, at: "2026-11-22T10:00:01.000Z" });
  expect(store.recent.get()).toHaveLength(1);
  store.record("2-0", { ...reset, at: "2026-11-22T10:00:02.000Z" });
  expect(store.recent.get()).toHaveLength(2);
});

test("a snapshot of a restarted log counts, although its id is lower", () => {
  const { store } = setUp();
  store.record("9-0", progress("Dialling"));
  store.record("4-0", reset);
  store.record("5-0", progress("Dialling"));
  expect(store.lastEventId).toBe("5-0");
});

test("one user's data is not shown to another", () => {
  const { store } = setUp();
  store.switchUser("ada");
  expect(store.connections).toBeUndefined();
  store.record("5-0", reset);
  store.switchUser("ada");
  expect(store.connections).toEqual([]);
  for (const next of ["bob", undefined]) {
    store.switchUser(next);
    expect([store.connections, store.lastEventId, store.recent.get()]).toEqual([undefined, undefined, []]);
    store.record("6-0", reset);
  }
});

const connection = (sessionId: string, v = 1) => ({ sessionId, v, createdAt: at, authUrl: null }) as Connection;

test("what a page begins with is shown until the first snapshot, and dropped if no one is signed in", () => {
  const seeded = () => {
    const store = new ConnectionsStore();
    store.seed([connection("s1")]);
    expect([store.connections, store.lastEventId]).toEqual([[connection("s1")], undefined]);
    return store;
  };
  const store = seeded();
  store.record("1-0", progress("Dialling"));
  expect(store.lastEventId).toBeUndefined();
  store.switchUser("ada");
  expect(store.connections).toHaveLength(1);
  store.record("2-0", reset);
  expect(store.connections).toEqual([]);
  store.seed([connection("s1")]);
  expect(store.connections).toEqual([]);
  const signedOut = seeded();
  signedOut.switchUser(undefined);
  expect(signedOut.connections).toBeUndefined();
});

test("an answer with all connections or with one is taken unless an event is newer", () => {
  const store = new ConnectionsStore();
  store.merge([connection("s1")], undefined);
  expect(store.connections).toHaveLength(1);
  const before = store.connections;
  store.record("1-0", { ...reset, connections: [connection("s1", 5), connection("s2")] });
  store.merge([connection("s1", 4)], before);
  expect(store.connections).toEqual([connection("s1", 5), connection("s2")]);
  store.learn(connection("s1", 4));
  store.learn(connection("s2", 2));
  store.learn(connection("s3"));
  expect(store.connections).toEqual([connection("s1", 5), connection("s2", 2)]);
});
