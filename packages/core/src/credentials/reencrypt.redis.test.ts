import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { quietly, revealed, roomy, someCredentials, someRecord, someRotation } from "../fixtures.contract.js";
import { reencryptContract } from "../storage/contract/reencrypt.contract.js";
import { connectRedis, type RedisConnections } from "../storage/redis/connection.js";
import { RedisSessionStore } from "../storage/redis/session-store.js";
import { RedisValueStore } from "../storage/redis/value-store.js";
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

const storesOf = (connections: RedisConnections) => ({
  values: new RedisValueStore(connections),
  sessions: new RedisSessionStore(connections, 60),
});

async function open() {
  await raw.flushdb();
  const connections = connectRedis(server.url, quietly);
  onTestFinished(connections.close);
  return storesOf(connections);
}

reencryptContract("a rotation of keys in Redis", open);

test("a rotation gives nothing a longer life, and none an end that had one", async () => {
  const { before, during } = someRotation();
  const { values, sessions } = await open();
  const [record, signIn] = [someRecord(), someCredentials()];
  await sessions.create(record, [], roomy);
  const store = (ring: typeof before) => new CredentialStore(values, { ring, ttl: 60 });
  await values.set(values.keys.credentials(record.sessionId), store(before).encode(record, signIn), 60);
  const registration = values.keys.registration("0".repeat(64));
  await values.set(registration, JSON.stringify(before.seal("{}", ["registration", "0".repeat(64)])), 60);
  const keys = [values.keys.credentials(record.sessionId), values.keys.session(record.sessionId), registration];
  for (const key of keys) await raw.expire(key, 40);
  expect(await reencrypt({ values, ring: during, credentials: store(during) })).toEqual({ current: 2, unreadable: 0 });
  for (const key of keys) {
    expect(await raw.ttl(key)).toBeLessThanOrEqual(40);
    expect(await raw.ttl(key)).toBeGreaterThan(30);
  }
});

test("a rotation leaves alone what stands under another prefix, also one that a pattern would match", async () => {
  await raw.flushdb();
  const { before, during } = someRotation();
  const open = (keyPrefix: string) => {
    const connections = connectRedis({ port: server.port, keyPrefix }, quietly);
    onTestFinished(connections.close);
    return storesOf(connections);
  };
  const [ours, theirs] = [open("[ab]*:"), open("a1:")];
  const [record, signIn] = [someRecord(), someCredentials()];
  for (const { values, sessions } of [ours, theirs]) {
    await sessions.create(record, [], roomy);
    const text = new CredentialStore(values, { ring: before, ttl: 60 }).encode(record, signIn);
    await values.set(values.keys.credentials(record.sessionId), text, 60);
  }
  const storeOf = (values: RedisValueStore, ring: typeof before) => new CredentialStore(values, { ring, ttl: 60 });
  const deps = { values: ours.values, ring: during, credentials: storeOf(ours.values, during) };
  expect(await reencrypt(deps)).toEqual({ current: 1, unreadable: 0 });
  expect(revealed(await storeOf(theirs.values, before).read(record))).toEqual(revealed(signIn));
});
