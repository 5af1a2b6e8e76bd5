import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { someUser } from "../../samples.fixture.js";
import { openStorage } from "../storage.js";

/** What is logged about a Redis with these start arguments once it has been used. */
async function logsOf(...args: string[]) {
  const redis = await startRedis({ args });
  const logged: McpObservabilityEvent[] = [];
  const logger = (event: McpObservabilityEvent) => void logged.push(event);
  const keys = `k1:${Buffer.alloc(32).toString("base64")}`;
  const storage = openStorage(redis.url, { sessionTtl: 60, encryptionKeys: keys, logger });
  onTestFinished(async () => {
    await storage.close();
    await redis.stop();
  });
  await storage.sessions.list(someUser());
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { logged, redis, storage };
}

test.each(["allkeys-lru", "volatile-lru", "volatile-ttl", "allkeys-random"])(
  "a Redis that may evict keys (%s) is reported, with the setting to change",
  async (policy) => {
    const { logged } = await logsOf("--maxmemory", "100mb", "--maxmemory-policy", policy);
    expect(logged).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringMatching(`${policy}.*noeviction`) }),
    ]);
  },
);

test.each([
  ["with noeviction", ["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"]],
  ["without a memory limit, regardless of its policy", ["--maxmemory", "0", "--maxmemory-policy", "allkeys-lru"]],
])("a Redis %s is not reported", async (_what, args) => {
  expect((await logsOf(...args)).logged).toEqual([]);
});

test("a Redis that forbids INFO is used without a report", async () => {
  const { logged } = await logsOf("--user", "default", "on", "nopass", "~*", "&*", "+@all", "-info");
  expect(logged).toEqual([]);
});

test("a policy that changed while Redis was away is reported when Redis is back", async () => {
  const { logged, redis, storage } = await logsOf("--maxmemory", "100mb");
  expect(logged).toEqual([]);
  await redis.stop();
  const changed = await startRedis({
    port: redis.port,
    args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
  });
  onTestFinished(changed.stop);
  await vi.waitFor(() => storage.sessions.list(someUser()));
  await vi.waitFor(() => expect(logged.map(({ message }) => message).join()).toContain("allkeys-lru"));
});
