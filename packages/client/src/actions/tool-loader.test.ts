import type { Connection, McpConnectionEvent, ToolInfo } from "@mcp-assistant/protocol";
import { McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionsStore } from "../store/connections-store.js";
import { ToolLoader } from "./tool-loader.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const at = "2026-11-22T10:00:00.000Z";
const tool = (name: string): ToolInfo => ({ name, inputSchema: { type: "object" } });

const connection = (sessionId: string, change: Partial<Connection> = {}) =>
  ({ sessionId, serverId: sessionId, state: "CONNECTED", v: 1, createdAt: at, authUrl: null, ...change }) as Connection;

const discovered = (sessionId: string, hash: string, tools: ToolInfo[], count = tools.length): McpConnectionEvent => ({
  type: "tools_discovered",
  ...{ sessionId, serverId: sessionId, at, v: 2, count, hash, tools, added: [], removed: [] },
});

function setUp(...connections: Connection[]) {
  const store = new ConnectionsStore();
  const asked: string[] = [];
  let failure: McpSessionError | undefined;
  const backend = {
    listTools: async (sessionId: string) => {
      asked.push(sessionId);
      if (failure) throw failure;
      return [tool(`of ${sessionId}`)];
    },
  };
  store.record("1-0", { type: "reset", at, connections });
  const fail = (retryable: boolean | undefined) => {
    const info = { code: "APP_UNREACHABLE", message: "Away", hint: "Wait." } as const;
    failure = retryable === undefined ? undefined : new McpSessionError({ ...info, retryable });
  };
  return { store, asked, fail, loader: new ToolLoader(backend, store) };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("the lists of connected sessions are loaded together, once, and only while they are used", async () => {
  const { store, asked, loader } = setUp(connection("a"), connection("b"), connection("c", { state: "FAILED" }));
  await wait(1_000);
  expect(asked).toEqual([]);
  const ends = [loader.keepLoaded(), loader.keepLoaded()];
  await wait(1_000);
  expect(asked).toEqual(["a", "b"]);
  expect(store.tools.get("a")?.tools).toEqual([tool("of a")]);
  for (const end of ends) end();
  store.record("2-0", discovered("a", "new", [], 9));
  await wait(1_000);
  expect(asked).toEqual(["a", "b"]);
});

test("tools that an event brings are not asked for, and a list that is too large for its event is, once", async () => {
  const { store, asked, loader } = setUp(connection("a", { state: "DISCOVERING" }));
  loader.keepLoaded();
  const connected = connection("a", { v: 2 });
  const changed: McpConnectionEvent = {
    type: "state_changed",
    ...{ sessionId: "a", serverId: "a", at, v: 2, state: "CONNECTED", previousState: "DISCOVERING" },
    connection: connected,
  };
  store.record("2-0", changed);
  store.record("3-0", discovered("a", "one", [tool("add")]));
  await wait(1_000);
  expect(asked).toEqual([]);
  for (const id of ["4-0", "5-0"]) {
    store.record(id, discovered("a", "two", [], 9));
    await wait(1_000);
  }
  expect(asked).toEqual(["a"]);
});

test("after a failure it tries again if that can help", async () => {
  const { asked, fail, loader } = setUp(connection("a"));
  fail(false);
  loader.keepLoaded();
  await wait(30_000);
  expect(asked).toHaveLength(1);
  const second = setUp(connection("b"));
  second.fail(true);
  second.loader.keepLoaded();
  await wait(5_000);
  expect(second.asked).toHaveLength(1);
  second.fail(undefined);
  await wait(10_000);
  expect(second.store.tools.get("b")?.tools).toEqual([tool("of b")]);
});

test("those who ask at the same time share an answer, and another user's tools are not kept", async () => {
  const { store, asked, loader } = setUp(connection("a"));
  store.switchUser("ada");
  const both = Promise.all([loader.load("a"), loader.load("a")]);
  store.switchUser("bob");
  expect(await both).toEqual([[tool("of a")], [tool("of a")]]);
  expect(asked).toEqual(["a"]);
  expect(store.tools.get("a")).toBeUndefined();
});
