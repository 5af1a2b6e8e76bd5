import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import type { McpOptions } from "../options/options.js";
import { encryptionKeys, someUser } from "../samples.fixture.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { driverOf, memory, redis, type StorageOption } from "./drivers.js";
import { MemoryDriver } from "./memory/driver.js";

const baseUrl = "http://127.0.0.1:9";

test("a storage is a Redis URL, its parts, a connection, memory or a driver, and is required", () => {
  const connection = new Redis({ lazyConnect: true });
  for (const storage of [
    "redis://127.0.0.1:6379",
    "rediss://user:password@host:6380/1",
    "redis://host",
    { port: 6379 },
    { path: "/run/redis.sock" },
    { sentinels: [{ host: "a", port: 1 }], name: "main" },
    { cluster: [{ host: "a", port: 1 }] },
    connection,
  ]) {
    expect(driverOf(storage).isDurable).toBe(true);
  }
  expect(connection.status).toBe("wait");
  expect(driverOf("memory")).toBe(memory());
  expect(driverOf("memory").isDurable).toBe(false);
  expect(driverOf("redis://127.0.0.1:6379")).toBe(redis("redis://127.0.0.1:6379"));
  const own = new MemoryDriver();
  expect(driverOf(own)).toBe(own);
  for (const missing of [undefined, ""]) {
    expect(() => driverOf(missing)).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_INVALID", hint: expect.stringMatching(/REDIS_URL.*"memory"/) }),
    );
  }
});

/** A client of node-redis, with the properties that distinguish it from others. */
const nodeRedis = {
  isOpen: true,
  options: { url: "redis://:topsecret@host" },
  sendCommand() {},
  duplicate() {},
  connect() {},
};

test.each<[keyof StorageDriver, unknown, string]>([
  ...(["read", "readPart", "list", "commit", "take", "giveBack", "readLog", "subscribe", "time", "scan"] as const).map(
    (method): [keyof StorageDriver, unknown, string] => [method, undefined, `${method}()`],
  ),
  ["close", "not a method", "close()"],
  ["name", undefined, "name (a string)"],
  ["isDurable", "yes", "isDurable (a boolean)"],
])("a driver whose %s is %j is refused, and the error names it", (member, value, named) => {
  const driver = Object.defineProperty(new MemoryDriver(), member, { value });
  expect(() => driverOf(driver)).toThrow(
    expect.objectContaining({
      code: "CONFIGURATION_INVALID",
      message: `createMcp({ storage }) is a driver without ${named}`,
    }),
  );
});

test("a driver of an earlier version is told all that it lacks", () => {
  const earlier = { isDurable: true, name: "old", read() {}, list() {}, commit() {}, close() {} };
  // TypeScript would reject this, but JavaScript callers can pass it.
  expect(() => driverOf(earlier as unknown as StorageDriver)).toThrow(
    /without readPart\(\), take\(\), giveBack\(\), readLog\(\), subscribe\(\), publish\(\), time\(\), scan\(\)$/,
  );
});

test.each<[string, unknown, RegExp]>([
  ["a URL of another protocol", "http://topsecret", /neither a redis:\/\/ URL nor "memory"/],
  ["a word", "topsecret", /neither a redis:\/\/ URL nor "memory"/],
  ["memory in capitals", "Memory", /neither a redis:\/\/ URL nor "memory"/],
  ["a URL without a host", "redis://", /neither a redis:\/\/ URL nor "memory"/],
  ["a URL whose path is not a number", "redis://host/topsecret", /whose path is not a database number/],
  ["a number", 6379, /is a number/],
  ["true", true, /is a boolean/],
  ["null", null, /is null/],
  ["an empty object", {}, /an object that does not name a Redis/],
  ["an object with a URL", { url: "redis://:topsecret@host" }, /an object that does not name a Redis/],
  ["only a database and a password", { db: 1, password: "topsecret" }, /an object that does not name a Redis/],
  ["a list", ["redis://topsecret"], /an object that does not name a Redis/],
  ["a cluster without nodes", { cluster: [] }, /an object that does not name a Redis/],
  ["a client of node-redis", nodeRedis, /a client of a library other than ioredis/],
  ["half a driver", { read() {}, commit() {} }, /a driver without /],
])(
  "%s is refused at the first use; the error names the option to change and does not repeat its value",
  async (_what, storage, message) => {
    // TypeScript would reject this, but JavaScript callers can pass it.
    const mcp = createMcp({ storage: storage as StorageOption, encryptionKeys, baseUrl });
    expect(mcp.inMemory).toBe(false);
    const error = await mcp
      .forUser(someUser())
      .list()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "CONFIGURATION_INVALID",
      retryable: false,
      message: expect.stringMatching(message),
    });
    expect(`${error}`).toContain("createMcp({ storage })");
    expect(`${error} ${JSON.stringify(error)}`).not.toContain("topsecret");
  },
);

describe("two apps in one process", () => {
  const keys = (byte: string) => `k1:${Buffer.alloc(32, byte).toString("base64")}`;
  const app = (options: Partial<McpOptions>) => {
    const mcp = createMcp({ storage: "memory", baseUrl, ...options });
    onTestFinished(() => mcp.close());
    return mcp;
  };
  /** A storage that claims to outlive the process. */
  const durable = () => Object.defineProperty(new MemoryDriver(), "isDurable", { value: true });

  test("can share a storage if they have the same keys and baseUrl", async () => {
    const storage = durable();
    const options = { storage, encryptionKeys: keys("a") };
    const spelled = { ...options, encryptionKeys: ` ${keys("a")} ` };
    for (const mcp of [app(options), app(options), app(spelled)])
      expect(await mcp.forUser(someUser()).list()).toEqual([]);
  });

  test.each<[string, Partial<McpOptions>]>([
    ["encryptionKeys", { encryptionKeys: keys("b") }],
    ["encryptionKeys", { encryptionKeys: `k2:${Buffer.alloc(32, "c").toString("base64")},${keys("a")}` }],
    ["encryptionKeys", { encryptionKeys: "none" }],
    ["baseUrl", { baseUrl: "http://127.0.0.1:10" }],
    ["basePath", { basePath: "/other" }],
  ])(
    "cannot share a storage with different %s: every use of the second fails until the first is closed",
    async (option, changes) => {
      const storage = durable();
      const [first, second] = [
        app({ storage, encryptionKeys: keys("a") }),
        app({ storage, encryptionKeys: keys("a"), ...changes }),
      ];
      await first.forUser(someUser()).list();
      for (let use = 0; use < 2; use++) {
        const error = await second
          .forUser(someUser())
          .list()
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: "CONFIGURATION_INVALID",
          message: expect.stringContaining(`different "${option}"`),
          hint: expect.stringContaining("If you have just changed it, restart the process."),
        });
        expect(JSON.stringify(error)).not.toContain(Buffer.alloc(32, "a").toString("base64"));
      }
      expect(await first.forUser(someUser()).list()).toEqual([]);
      await first.close();
      expect(await second.forUser(someUser()).list()).toEqual([]);
    },
  );

  test("can each have their own storage, one per tenant", async () => {
    const tenants = ["one", "two"].map((name) =>
      app({ storage: durable(), encryptionKeys: keys(name), baseUrl: `https://${name}.example` }),
    );
    for (const mcp of tenants) expect(await mcp.forUser(someUser()).list()).toEqual([]);
  });

  test("can share the in-memory storage with any options, since its data ends with the process", async () => {
    const others = [{ encryptionKeys: keys("a") }, { encryptionKeys: keys("b") }, { baseUrl: "http://127.0.0.1:10" }];
    for (const mcp of others.map(app)) expect(await mcp.forUser(someUser()).list()).toEqual([]);
  });
});
