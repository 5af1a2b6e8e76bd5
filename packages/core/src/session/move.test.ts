import { connectionStateSchema } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { InterruptedError } from "../errors.js";
import { authUrl, someRecord, workedOn } from "../samples.fixture.js";
import { type Change, createdEvents, move } from "./move.js";
import type { SessionRecord } from "./session-record.js";

const now = Date.parse("2026-07-28T12:00:00.000Z");
const context = { now, authUrl };
const error = new InterruptedError({ message: "It was interrupted", hint: "Again.", retryable: true }).toJSON();

const moved = (record: SessionRecord, change: Change) => move(record, change, context);
const typesOf = (record: SessionRecord, change: Change) => moved(record, change).events.map(({ type }) => type);

test("every change makes a new version, and the old record stays as it was", () => {
  const record = someRecord({ v: 7 });
  const before = structuredClone(record);
  expect(moved(record, {}).next).toEqual({ ...before, v: 8 });
  expect(moved(record, { state: "FAILED", error }).next.v).toBe(8);
  expect(record).toEqual(before);
});

test("a change that keeps the state emits no event, and keeps the time at which the state began", () => {
  const record = someRecord({ stateSince: 1 });
  const { next, events } = moved(record, { flow: "a", state: "CONNECTED" });
  expect(events).toEqual([]);
  expect(next).toMatchObject({ stateSince: 1, flow: "a" });
});

test("the attempts of a sign-in end with it", () => {
  const record = someRecord({ flow: "a", attempts: ["one"] });
  expect(moved(record, { state: "FAILED", error }).next.attempts).toEqual(["one"]);
  expect(moved(record, { attempts: ["one", "two"] }).next.attempts).toEqual(["one", "two"]);
  expect(moved(record, { flow: null }).next.attempts).toEqual([]);
  expect(moved(record, { flow: "b", attempts: ["two"] }).next.attempts).toEqual(["two"]);
});

test("a working connection reports when it starts to want a sign-in for more scope, and when it no longer does", () => {
  const challenge = { resourceMetadataUrl: null, scope: "read write" };
  const { next, events } = moved(someRecord(), { challenge, stepUps: 1 });
  expect(events).toMatchObject([
    {
      type: "state_changed",
      state: "CONNECTED",
      previousState: "CONNECTED",
      connection: { authUrl: expect.anything() },
    },
    { type: "auth_required", authUrl: authUrl(next.sessionId) },
  ]);
  expect(typesOf(next, { challenge: { ...challenge, scope: "all" } })).toEqual([]);
  const { events: after } = moved(next, { challenge: null });
  expect(after).toMatchObject([{ type: "state_changed", state: "CONNECTED", connection: { authUrl: null } }]);
});

test("DISCONNECTED resets the step-up count, and no other state does", () => {
  for (const state of connectionStateSchema.options) {
    const { next } = moved(someRecord({ ...workedOn(state), stepUps: 2 }), { state });
    expect(next.stepUps).toBe(state === "DISCONNECTED" ? 0 : 2);
  }
});

test("a sign-in that is stored or erased without a move is reported, because pages offer to sign out of it", () => {
  const record = someRecord({ state: "DISCONNECTED", signedIn: true });
  const { events } = moved(record, { state: "DISCONNECTED", signedIn: false });
  expect(events).toMatchObject([
    { type: "state_changed", state: "DISCONNECTED", previousState: "DISCONNECTED", connection: { signedIn: false } },
  ]);
  expect(typesOf(record, { state: "DISCONNECTED", signedIn: true })).toEqual([]);
});

test("a move that is not in the table is refused", () => {
  const record = someRecord({ state: "DISCONNECTED" });
  expect(() => moved(record, { state: "CONNECTED" })).toThrow(expect.objectContaining({ code: "ILLEGAL_MOVE" }));
});

test("a move is reported with the whole connection, the state before and the store's clock", () => {
  const record = someRecord(workedOn("DISCOVERING"));
  const { next, events } = moved(record, { state: "CONNECTED" });
  expect(events).toEqual([
    {
      type: "state_changed",
      sessionId: record.sessionId,
      serverId: record.serverId,
      v: 2,
      at: "2026-07-28T12:00:00.000Z",
      state: "CONNECTED",
      previousState: "DISCOVERING",
      connection: expect.objectContaining({ state: "CONNECTED", v: 2, until: null }),
    },
  ]);
  expect(next.stateSince).toBe(now);
});

test("a state with a sign-in, an error or a reason is reported with another event for it", () => {
  const record = someRecord(workedOn("CONNECTING"));
  expect(typesOf(record, { state: "AUTHENTICATING" })).toEqual(["state_changed", "auth_required"]);
  expect(typesOf(record, { state: "FAILED", error })).toEqual(["state_changed", "error"]);
  const signIn = { ...error, code: "AUTHORIZATION_REQUIRED" as const };
  expect(typesOf(record, { state: "FAILED", error: signIn })).toEqual(["state_changed", "auth_required", "error"]);
  expect(moved(record, { state: "DISCONNECTED", reason: "Declined" }).events[1]).toMatchObject({
    type: "disconnected",
    reason: "Declined",
  });
});

test("a tool list is kept as hash, count and time, and reported with its difference", () => {
  const discovered = { hash: "abc", count: 2, added: ["add"], removed: ["echo"] };
  const { next, events } = moved(someRecord(), { discovered });
  expect(next.tools).toEqual({ hash: "abc", count: 2, listedAt: now });
  expect(events).toEqual([expect.objectContaining({ type: "tools_discovered", ...discovered })]);
  expect(typesOf(someRecord(workedOn("DISCOVERING")), { state: "CONNECTED", discovered })).toEqual([
    "state_changed",
    "tools_discovered",
  ]);
});

test("a list that stays the same is only noted, and what a server says is only reported", () => {
  const record = someRecord({ tools: { hash: "abc", count: 2, listedAt: null } });
  expect(moved(record, { toolsListed: true })).toMatchObject({ next: { tools: { listedAt: now } }, events: [] });
  const announced = [{ type: "resources_changed" }, { type: "resource_updated", uri: "file:///a" }] as const;
  expect(moved(record, { announced }).events).toMatchObject(announced);
});

test("an error and a reason end with their state", () => {
  const failed = someRecord({ state: "FAILED", error });
  expect(moved(failed, { state: "CONNECTING" }).next.error).toBeNull();
  expect(moved(failed, { flow: "a" }).next.error).toEqual(error);
  const declined = someRecord({ state: "DISCONNECTED", reason: "Declined" });
  expect(moved(declined, { state: "CONNECTING" }).next.reason).toBeNull();
  expect(moved(declined, {}).next.reason).toBe("Declined");
});

test.each(connectionStateSchema.options)(
  "a lease given with a move to %s is kept only if there is work to do",
  (state) => {
    const work = { owner: "me", until: now };
    const { next } = moved(someRecord(workedOn(state)), { state, work });
    expect(next.work).toEqual(["DISCONNECTED", "CONNECTED", "FAILED"].includes(state) ? null : work);
  },
);

test("the time of the first connection is kept", () => {
  const record = someRecord(workedOn("DISCOVERING"));
  const { next } = moved(record, { state: "CONNECTED" });
  expect(next.connectedAt).toBe(now);
  const again = move({ ...next, state: "DISCOVERING" }, { state: "CONNECTED" }, { ...context, now: now + 1 });
  expect(again.next.connectedAt).toBe(now);
  expect(moved(record, { state: "FAILED", error }).next.connectedAt).toBeNull();
});

test("a new session is reported as a change from no state", () => {
  const record = someRecord(workedOn("CONNECTING"));
  expect(createdEvents(record, context)).toMatchObject([
    { type: "state_changed", v: 1, state: "CONNECTING", previousState: null },
  ]);
});
