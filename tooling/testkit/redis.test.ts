import { expect, test } from "vitest";
import { startRedis } from "./redis.mjs";
import { askRedis } from "./redis-node.mjs";

test("a started Redis answers, can be killed, and starts empty on the same port", async () => {
  const first = await startRedis();
  expect(first.url).toBe(`redis://127.0.0.1:${first.port}`);
  expect(await askRedis(first.port, "SET greeting hello")).toBe("+OK\r\n");
  await first.kill();
  await expect(askRedis(first.port, "PING")).rejects.toThrow("ECONNREFUSED");

  const second = await startRedis({ port: first.port, args: ["--maxmemory", "10mb"] });
  expect(await askRedis(second.port, "GET greeting")).toBe("$-1\r\n");
  expect(await askRedis(second.port, "CONFIG GET maxmemory")).toContain("10485760");
  await second.stop();
  await expect(askRedis(second.port, "PING")).rejects.toThrow("ECONNREFUSED");
});

test.each([
  { durable: true, kept: "$5\r\nhello\r\n" },
  { durable: false, kept: "$-1\r\n" },
])("a killed and restarted Redis has its data only if it is durable: $durable", async ({ durable, kept }) => {
  const redis = await startRedis({ durable });
  await askRedis(redis.port, "SET greeting hello");
  const { pid } = redis;
  await redis.kill();
  await redis.restart();
  expect(redis.pid).not.toBe(pid);
  expect(await askRedis(redis.port, "GET greeting")).toBe(kept);
  await redis.restart();
  expect(await askRedis(redis.port, "GET greeting")).toBe(kept);
  await redis.stop();
  await expect(askRedis(redis.port, "PING")).rejects.toThrow("ECONNREFUSED");
});
