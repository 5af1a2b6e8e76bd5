import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  noSessionLimit,
  revealed,
  someCredentials,
  someRecord,
  someRotation,
  storedSignIn,
} from "../samples.fixture.js";
import { Handshakes } from "../server/handshakes.js";
import { SessionStore } from "../session/session-store.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { reencryptContract } from "../storage/contract/reencrypt.contract.js";
import { RedisDriver } from "../storage/redis/driver.js";
import { sharedValue } from "../values/stored-value.js";
import { CredentialStore } from "./credential-store.js";
import { reencrypt } from "./reencrypt.js";

let server: Awaited<ReturnType<typeof startRedis>>;
let raw: Redis;

beforeAll(async () => {
  server = await startRedis();
  raw = new Redis(server.url);
});

afterAll(async () => {
  raw.disconnect();
  await server.stop();
});

async function open() {
  await raw.flushdb();
  const driver = new RedisDriver(server.url);
  onTestFinished(() => driver.close());
  return driver;
}

reencryptContract("a key rotation in Redis", open);

test("a key rotation keeps every expiry", async () => {
  const { before, during } = someRotation();
  const driver = await open();
  const [record, signIn, hash] = [someRecord(), someCredentials(), "0".repeat(64)];
  await new SessionStore(driver, 60).create(record, [], noSessionLimit);
  const store = (ring: typeof before) => new CredentialStore(driver, { ring, ttl: 60 });
  await storedSignIn(driver, record).write(store(before).encode(record, signIn), 60);
  await sharedValue(driver, "registration", hash).write(JSON.stringify(before.seal("{}", ["registration", hash])), 60);
  const { sessionId } = record;
  const keys = [`mcp:credentials:${sessionId}`, `mcp:session:${sessionId}`, `mcp:registration:${hash}`];
  for (const key of keys) await raw.expire(key, 40);
  const deps = { driver, ring: during, credentials: store(during), handshakes: new Handshakes(driver, during) };
  expect(await reencrypt(deps)).toEqual({ current: 2, unreadable: 0 });
  for (const key of keys) {
    expect(await raw.ttl(key)).toBeLessThanOrEqual(40);
    expect(await raw.ttl(key)).toBeGreaterThan(30);
  }
});

test("a key rotation does not touch another prefix, even if our own prefix would match it as a pattern", async () => {
  await raw.flushdb();
  const { before, during } = someRotation();
  const open = (keyPrefix: string) => {
    const driver = new RedisDriver({ port: server.port, keyPrefix });
    onTestFinished(() => driver.close());
    return driver;
  };
  const [ours, theirs] = [open("[ab]*:"), open("a1:")];
  const storeOf = (driver: StorageDriver, ring: typeof before) => new CredentialStore(driver, { ring, ttl: 60 });
  const [record, signIn] = [someRecord(), someCredentials()];
  for (const driver of [ours, theirs]) {
    await new SessionStore(driver, 60).create(record, [], noSessionLimit);
    await storedSignIn(driver, record).write(storeOf(driver, before).encode(record, signIn), 60);
  }
  const handshakes = new Handshakes(ours, during);
  const deps = { driver: ours, ring: during, credentials: storeOf(ours, during), handshakes };
  expect(await reencrypt(deps)).toEqual({ current: 1, unreadable: 0 });
  expect(revealed(await storeOf(theirs, before).read(record))).toEqual(revealed(signIn));
});
