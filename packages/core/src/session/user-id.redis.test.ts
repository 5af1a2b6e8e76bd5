import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMcp, type Mcp, type OwnSession } from "../create-mcp.js";
import { encryptionKeys } from "../fixtures.contract.js";

let server: Awaited<ReturnType<typeof startModernServer>>;
let redis: Awaited<ReturnType<typeof startRedis>>;
let raw: Redis;
let mcp: Mcp;

beforeAll(async () => {
  [server, redis] = await Promise.all([startModernServer(), startRedis()]);
  raw = new Redis(redis.url);
  const outbound = { allowHosts: server.hosts };
  mcp = createMcp({ storage: redis.url, encryptionKeys, baseUrl: "http://127.0.0.1:9", outbound });
});

afterAll(async () => {
  raw.disconnect();
  await mcp.close();
  await Promise.all([server.close(), redis.stop()]);
});

type Call = (userId: string) => Promise<unknown>;

const own = (userId: string): OwnSession => ({ userId, sessionId: "abc123.notes" });

/** Every way in which an app says who its user is. */
const calls: Record<string, Record<string, Call>> = {
  mcp: {
    connect: (userId) => mcp.connect(userId, { serverUrl: server.url }),
    reconnect: (userId) => mcp.reconnect(own(userId)),
    disconnect: (userId) => mcp.disconnect(own(userId)),
    forget: (userId) => mcp.forget(own(userId)),
    remove: (userId) => mcp.remove(own(userId)),
    list: (userId) => mcp.list(userId),
    get: (userId) => mcp.get(own(userId)),
    tools: (userId) => mcp.tools(own(userId)),
    subscribe: (userId) => mcp.subscribe({ userId }),
  },
  "mcp.authorization": {
    start: (userId) => mcp.authorization.start(own(userId)),
    finish: (userId) => mcp.authorization.finish({ userId, params: new URLSearchParams(), nonceOf: () => "" }),
    status: (userId) => mcp.authorization.status({ userId, attemptId: "0".repeat(64) }),
  },
  client: {
    connect: (userId) => mcp.client(own(userId)).connect(),
    listTools: (userId) => mcp.client(own(userId)).listTools(),
    callTool: (userId) => mcp.client(own(userId)).callTool("add"),
    disconnect: (userId) => mcp.client(own(userId)).disconnect(),
  },
};

/** What takes no user; `client` makes the object whose methods are called above. */
const withoutUser: Record<string, string[]> = {
  mcp: ["baseUrl", "clientMetadata", "inMemory", "client", "reencrypt", "authorization", "report", "close"],
  "mcp.authorization": [],
  client: ["close"],
};

test("no way has been forgotten", () => {
  const offered = {
    mcp: Object.keys(mcp),
    "mcp.authorization": Object.keys(mcp.authorization),
    client: Object.getOwnPropertyNames(Object.getPrototypeOf(mcp.client(own("ada")))).filter(
      (name) => name !== "constructor",
    ),
  };
  for (const [where, names] of Object.entries(offered)) {
    expect([...Object.keys(calls[where] ?? {}), ...(withoutUser[where] ?? [])].sort()).toEqual(names.sort());
  }
});

describe.each([
  ["is empty", ""],
  ["has 10 KiB", "x".repeat(10_240)],
  ["has half a character", "ada\ud83d"],
])("a user id that %s is refused by", (_problem, userId) => {
  const ways = Object.entries(calls).flatMap(([where, methods]) =>
    Object.entries(methods).map(([name, call]): [string, Call] => [`${where}.${name}`, call]),
  );

  test.each(ways)("%s, and nothing is written", async (_way, call) => {
    await expect(call(userId)).rejects.toMatchObject({ code: "USER_ID_INVALID" });
    expect(await raw.dbsize()).toBe(0);
  });
});
