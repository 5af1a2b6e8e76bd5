import { type Connection, McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionsStore } from "../store/connections-store.js";
import { FollowedResources } from "./followed-resources.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(answer: () => Promise<void> = async () => undefined) {
  const asked: string[] = [];
  const pages = new Set<string | undefined>();
  const ask = (what: string) => (_sessionId: string, uri: string, page?: string) => {
    asked.push(`${what} ${uri}`);
    pages.add(page);
    return answer();
  };
  const backend = { subscribeResource: ask("follow"), unsubscribeResource: ask("leave") };
  const store = new ConnectionsStore();
  return { followed: new FollowedResources(backend, store), store, asked, pages };
}

const notSupported = new McpSessionError({ code: "NOT_SUPPORTED", message: "", hint: "", retryable: false });

test("however many components follow a resource, the app is asked once, and told when the last has gone", async () => {
  const { followed, asked, pages } = open();
  const ends = [1, 2, 3].map(() => followed.follow("s1", "file:///a", () => undefined));
  for (const end of ends) end();
  const again = followed.follow("s1", "file:///a", () => undefined);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(["follow file:///a"]);
  again();
  again();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(["follow file:///a", "leave file:///a"]);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toHaveLength(2);
  expect([...pages]).toEqual([expect.stringMatching(/^\w+$/)]);
});

test("while it is followed, the app is told again before it forgets", async () => {
  const { followed, asked } = open();
  followed.follow("s1", "file:///a", () => undefined);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked.length).toBeGreaterThanOrEqual(3);
});

test("each component gets to know why it cannot be followed, and when it can again", async () => {
  const answers = [Promise.reject(notSupported), Promise.resolve()];
  const { followed } = open(() => answers.shift() ?? Promise.resolve());
  const told = [vi.fn(), vi.fn()];
  for (const follower of told) followed.follow("s1", "file:///a", follower);
  await vi.advanceTimersByTimeAsync(0);
  for (const follower of told) expect(follower).toHaveBeenLastCalledWith(notSupported);
  await vi.advanceTimersByTimeAsync(300_000);
  for (const follower of told) expect(follower).toHaveBeenLastCalledWith(null);
});

test("a component that comes later gets to know that it failed, and the app is asked again", async () => {
  let failures = 2;
  const { followed, asked } = open(() => (failures-- > 0 ? Promise.reject(notSupported) : Promise.resolve()));
  const end = followed.follow("s1", "file:///a", () => undefined);
  await vi.advanceTimersByTimeAsync(0);
  const second = vi.fn();
  followed.follow("s1", "file:///a", second)();
  expect(second.mock.calls).toEqual([[notSupported]]);
  end();
  await vi.advanceTimersByTimeAsync(500);
  const again = vi.fn();
  followed.follow("s1", "file:///a", again);
  followed.follow("s1", "file:///a", () => undefined);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(again.mock.calls).toEqual([[notSupported], [null]]);
  expect(asked).toEqual(["follow file:///a", "follow file:///a", "follow file:///a"]);
  followed.follow("s1", "file:///a", second);
  expect(second).toHaveBeenCalledTimes(1);
});

const at = "2026-11-22T10:00:00.000Z";

function become(store: ConnectionsStore, id: string, state: string) {
  const connections = ["s1", "s2"].map(
    (sessionId) => ({ sessionId, serverId: sessionId, state, v: 1, createdAt: at, authUrl: null }) as Connection,
  );
  store.record(id, { type: "reset", at, connections });
}

test("what could not be followed is asked for again once its session is connected, and nothing else is", async () => {
  let answer = (): Promise<void> => Promise.reject(notSupported);
  const { followed, store, asked } = open(() => answer());
  become(store, "1-0", "FAILED");
  const told = vi.fn();
  const end = followed.follow("s1", "file:///a", told);
  await vi.advanceTimersByTimeAsync(0);
  answer = async () => undefined;
  followed.follow("s2", "file:///b", () => undefined);
  await vi.advanceTimersByTimeAsync(0);
  asked.length = 0;
  for (const [id, state] of Object.entries({ "2-0": "CONNECTING", "3-0": "CONNECTED", "4-0": "CONNECTED" })) {
    become(store, id, state);
  }
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toHaveBeenLastCalledWith(null);
  expect(asked).toEqual(["follow file:///a"]);
  end();
  await vi.advanceTimersByTimeAsync(5_000);
  become(store, "5-0", "FAILED");
  become(store, "6-0", "CONNECTED");
  expect(asked).toEqual(["follow file:///a", "leave file:///a"]);
});

test("an error that comes after its session has been connected is asked about once more", async () => {
  const rejects: ((error: McpSessionError) => void)[] = [];
  const { followed, store, asked } = open(() => new Promise((_, reject) => void rejects.push(reject)));
  become(store, "1-0", "FAILED");
  followed.follow("s1", "file:///a", () => undefined);
  become(store, "2-0", "CONNECTED");
  for (const count of [2, 2]) {
    for (const reject of rejects) reject(notSupported);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(count);
  }
});
