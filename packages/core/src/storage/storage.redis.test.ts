import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { createMcp } from "../create-mcp.js";
import { encryptionKeys, someUser } from "../fixtures.contract.js";

test("closing one app does not close another on the same Redis; the last one ends the connections", async () => {
  const redis = await startRedis();
  const raw = new Redis(redis.url);
  onTestFinished(async () => {
    raw.disconnect();
    await redis.stop();
  });
  const connections = async () =>
    String(await raw.client("LIST"))
      .trim()
      .split("\n").length;
  const options = { storage: redis.url, encryptionKeys, baseUrl: "http://127.0.0.1:9" };
  const [one, other] = [createMcp(options), createMcp(options)];
  const userId = someUser();
  for (const mcp of [one, other]) await (await mcp.forUser(userId).subscribe()).next();
  expect(await connections()).toBe(3);
  await one.close();
  expect(await other.forUser(userId).list()).toEqual([]);
  expect(await connections()).toBe(3);
  await other.close();
  await vi.waitFor(async () => expect(await connections()).toBe(1));
});
