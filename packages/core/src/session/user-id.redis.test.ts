import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import type { Mcp } from "../mcp.js";
import { encryptionKeys } from "../samples.fixture.js";

let redis: Awaited<ReturnType<typeof startRedis>>;
let raw: Redis;
let mcp: Mcp;

beforeAll(async () => {
  redis = await startRedis();
  raw = new Redis(redis.url);
  mcp = createMcp({ storage: redis.url, encryptionKeys, baseUrl: "http://127.0.0.1:9" });
});

afterAll(async () => {
  raw.disconnect();
  await mcp.close();
  await redis.stop();
});

test("a user is named in one place, and nothing of theirs is available without it", () => {
  const user = mcp.forUser("ada");
  expect(Object.keys(mcp).sort()).toEqual(
    [
      "basePath",
      "baseUrl",
      "callbackUrls",
      "check",
      "clientMetadata",
      "close",
      "forUser",
      "inMemory",
      "reencrypt",
      "report",
      "trustProxy",
      "warn",
    ].sort(),
  );
  expect(user.userId).toBe("ada");
  expect(Object.keys(user.authorization)).toEqual(["start", "finish", "status", "outcome"]);
});

test.each([
  ["is empty", ""],
  ["is white space", " \t"],
  ["has 10 KiB", "x".repeat(10_240)],
  ["has half a character", "ada\ud83d"],
])("a user ID that %s is refused there, and nothing is written", async (_problem, userId) => {
  expect(() => mcp.forUser(userId)).toThrow(expect.objectContaining({ code: "USER_ID_INVALID" }));
  expect(await raw.dbsize()).toBe(0);
});
