import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import type { McpObservabilityEvent } from "../../logger.js";
import { someUser } from "../../samples.fixture.js";
import { openStorage } from "../storage.js";

/** What an operator is told of a Redis that was started with these arguments, once it has been used. */
async function toldOf(...args: string[]) {
  const redis = await startRedis({ args });
  const told: McpObservabilityEvent[] = [];
  const logger = (event: McpObservabilityEvent) => void told.push(event);
  const keys = `k1:${Buffer.alloc(32).toString("base64")}`;
  const storage = openStorage(redis.url, { sessionTtl: 60, encryptionKeys: keys, logger });
  onTestFinished(async () => {
    await storage.close();
    await redis.stop();
  });
  await storage.sessions.list(someUser());
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { told, redis, storage };
}

test.each(["allkeys-lru", "volatile-lru", "volatile-ttl", "allkeys-random"])(
  "a Redis that may evict by %s is reported, with what to set",
  async (policy) => {
    const { told } = await toldOf("--maxmemory", "100mb", "--maxmemory-policy", policy);
    expect(told).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringMatching(`${policy}.*noeviction`) }),
    ]);
  },
);

test.each([
  ["with noeviction", ["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"]],
  ["without a limit, whatever its policy", ["--maxmemory", "0", "--maxmemory-policy", "allkeys-lru"]],
])("a Redis %s is nothing to report", async (_what, args) => {
  expect((await toldOf(...args)).told).toEqual([]);
});

test("a Redis that does not let us look is used without a word", async () => {
  const { told } = await toldOf("--user", "default", "on", "nopass", "~*", "&*", "+@all", "-info");
  expect(told).toEqual([]);
});

test("a policy that was changed while a Redis was away is seen when it is back", async () => {
  const { told, redis, storage } = await toldOf("--maxmemory", "100mb");
  expect(told).toEqual([]);
  await redis.stop();
  const changed = await startRedis({
    port: redis.port,
    args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
  });
  onTestFinished(changed.stop);
  await vi.waitFor(() => storage.sessions.list(someUser()), 5_000);
  await vi.waitFor(() => expect(told.map(({ message }) => message).join()).toContain("allkeys-lru"));
});
