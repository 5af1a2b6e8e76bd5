import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionsStore } from "../../store/connections-store.js";
import type { StreamState } from "../stream-state.js";
import type { StreamChannel, StreamMessage } from "./stream-channel.js";
import { StreamFollower } from "./stream-follower.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const at = "2026-11-22T10:00:00.000Z";
const live: StreamState = { status: "live", error: null };
const reset: McpConnectionEvent = { type: "reset", at, connections: [] };
const progress = (message: string): McpConnectionEvent => ({
  type: "progress",
  sessionId: "s1",
  serverId: "server",
  at,
  v: 1,
  message,
});

function follow() {
  const sent: StreamMessage[] = [];
  const states: string[] = [];
  const takeOver = vi.fn();
  const store = new ConnectionsStore();
  const channel: Pick<StreamChannel, "post"> = { post: (message) => sent.push(message) };
  const show = ({ status }: StreamState) => states.push(status);
  const follower = new StreamFollower({ store, channel, show, takeOver });
  const close = follower.open();
  const welcome = (term: string, position: number, missed: { id: string; event: McpConnectionEvent }[] = []) =>
    follower.receive({ type: "welcome", term, position, state: live, missed });
  const tell = (term: string, position: number, id: string, message = id) =>
    follower.receive({ type: "event", term, position, id, event: progress(message) });
  const recorded = () => store.recent.get().map(({ id }) => id);
  return { sent, states, takeOver, store, follower, close, welcome, tell, recorded };
}

const hellos = (sent: StreamMessage[]) => sent.filter(({ type }) => type === "hello");

test("a follower asks first, and then records the leader's events", () => {
  const { sent, states, welcome, tell, recorded } = follow();
  expect(sent).toEqual([{ type: "hello", lastEventId: null, at: null }]);
  welcome("t1", 7, [{ id: "1-0", event: reset }]);
  tell("t1", 8, "2-0");
  tell("t1", 9, "3-0");
  expect(recorded()).toEqual(["1-0", "2-0", "3-0"]);
  expect(states).toEqual(["connecting", "live"]);
});

test("after a gap it asks once, and later events wait for the answer", () => {
  const { sent, welcome, tell, recorded } = follow();
  welcome("t1", 0, [{ id: "1-0", event: reset }]);
  tell("t1", 2, "3-0");
  tell("t1", 3, "4-0");
  expect(hellos(sent).slice(1)).toEqual([{ type: "hello", lastEventId: "1-0", at: { term: "t1", position: 0 } }]);
  expect(recorded()).toEqual(["1-0"]);
  const missed = ["2-0", "3-0", "4-0"].map((id) => ({ id, event: progress(id) }));
  welcome("t1", 3, missed);
  tell("t1", 4, "5-0");
  expect(recorded()).toEqual(["1-0", "2-0", "3-0", "4-0", "5-0"]);
});

test("a state from a later position makes it ask, too, as after a message that did not parse", () => {
  const { sent, states, follower, welcome } = follow();
  welcome("t1", 0, [{ id: "1-0", event: reset }]);
  follower.receive({ type: "state", term: "t1", position: 0, state: { status: "offline", error: null } });
  follower.receive({ type: "state", term: "t1", position: 1, state: live });
  expect(states).toEqual(["connecting", "live", "offline"]);
  expect(hellos(sent)).toHaveLength(2);
});

test("it asks a new leader, and if that one leaves, it asks the next", () => {
  const { sent, follower, welcome, tell, recorded } = follow();
  welcome("t1", 0, [{ id: "1-0", event: reset }]);
  for (const term of ["t2", "t3"]) follower.receive({ type: "state", term, position: 0, state: live });
  expect(hellos(sent)).toHaveLength(3);
  welcome("t3", 0);
  tell("t1", 1, "2-0");
  expect(recorded()).toEqual(["1-0"]);
  tell("t3", 1, "2-0");
  expect(recorded()).toEqual(["1-0", "2-0"]);
});

test("a silent leader soon counts as reconnecting, and is then replaced", () => {
  const { sent, states, takeOver, welcome, close } = follow();
  welcome("t1", 0, [{ id: "1-0", event: reset }]);
  vi.advanceTimersByTime(10_000);
  expect(hellos(sent)).toHaveLength(2);
  welcome("t1", 0);
  vi.advanceTimersByTime(12_999);
  expect(states).toEqual(["connecting", "live", "live"]);
  vi.advanceTimersByTime(1);
  expect(states.at(-1)).toBe("reconnecting");
  expect(takeOver).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect(takeOver).toHaveBeenCalledOnce();
  close();
  vi.advanceTimersByTime(60_000);
  expect(takeOver).toHaveBeenCalledOnce();
});

test("an answer to the second question is in time", () => {
  const { states, takeOver, welcome } = follow();
  vi.advanceTimersByTime(3_000);
  welcome("t1", 0, [{ id: "1-0", event: reset }]);
  vi.advanceTimersByTime(10_000);
  welcome("t1", 0);
  vi.advanceTimersByTime(3_000);
  expect(states.at(-1)).toBe("live");
  expect(takeOver).not.toHaveBeenCalled();
});

test("a retry is passed on to the leader", () => {
  const { sent, follower } = follow();
  follower.retry();
  expect(sent.at(-1)).toEqual({ type: "retry" });
});

test("the leader's first connect shows as reconnecting in a tab that already has data", () => {
  const { states, store, follower, welcome } = follow();
  const connecting: StreamState = { status: "connecting", error: null };
  follower.receive({ type: "welcome", term: "t1", position: 0, state: connecting, missed: [] });
  expect(states.at(-1)).toBe("connecting");
  welcome("t1", 1, [{ id: "1-0", event: reset }]);
  expect(store.connections).toEqual([]);
  follower.receive({ type: "state", term: "t1", position: 1, state: connecting });
  expect(states.at(-1)).toBe("reconnecting");
});
