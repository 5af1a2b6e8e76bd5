import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { createMcp } from "../create-mcp.js";
import { encryptionKeys, someUser } from "../samples.fixture.js";
import type { StorageOption } from "./drivers.js";

test("closing one app does not close another on the same Redis; closing the last one ends the connections", async () => {
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

test("every call fails for a database that the Redis does not have, and nothing is written to another database", async () => {
  const redis = await startRedis();
  const raw = new Redis(redis.url);
  onTestFinished(async () => {
    raw.disconnect();
    await redis.stop();
  });
  for (const storage of [`${redis.url}/99`, { port: redis.port, db: 99 }]) {
    const outbound = { allowHosts: ["127.0.0.1:9"] };
    const mcp = createMcp({ storage, encryptionKeys, baseUrl: "http://127.0.0.1:9", outbound });
    onTestFinished(() => mcp.close());
    const refused = {
      code: "CONFIGURATION_INVALID",
      message: "createMcp({ storage }) names database 99, which this Redis does not have",
      hint: expect.stringContaining("end of the URL"),
    };
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => mcp.forUser(someUser()).connect({ serverUrl: "http://127.0.0.1:9" })),
    );
    for (const attempt of attempts) expect(attempt).toMatchObject({ status: "rejected", reason: refused });
    await expect(mcp.forUser(someUser()).list()).rejects.toMatchObject(refused);
    await expect(mcp.forUser(someUser()).subscribe()).rejects.toMatchObject(refused);
  }
  for (const db of [0, 15]) {
    await raw.select(db);
    expect(await raw.dbsize()).toBe(0);
  }
});

test("apps with separate databases or prefixes can have different keys and base URLs; apps on the same one must agree", async () => {
  const redis = await startRedis();
  onTestFinished(redis.stop);
  const keys = (byte: string) => `k1:${Buffer.alloc(32, byte).toString("base64")}`;
  const { port } = redis;
  const app = (storage: StorageOption, name: string) => {
    const mcp = createMcp({ storage, encryptionKeys: keys(name), baseUrl: `https://${name}.example` });
    onTestFinished(() => mcp.close());
    return mcp.forUser(someUser()).list();
  };
  expect(await app(redis.url, "a")).toEqual([]);
  expect(await app(`${redis.url}/1`, "b")).toEqual([]);
  expect(await app({ host: "127.0.0.1", port, keyPrefix: "c:" }, "c")).toEqual([]);
  const host = new Redis({ port, host: "127.0.0.1", keyPrefix: "c:", lazyConnect: true });
  for (const storage of [{ host: "127.0.0.1", port }, `${redis.url}/0`, host]) {
    await expect(app(storage, "d")).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining('different "encryptionKeys"'),
    });
  }
});
