import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { freePort } from "@mcp-assistant/testkit/ports";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis, type RedisOptions } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { encryptionKeys, messageOf, noSessionLimit, progress, someRecord, someUser } from "../../samples.fixture.js";
import { sharedValue } from "../../values/stored-value.js";
import { openStorage } from "../storage.js";
import type { RedisStorage } from "./connection.js";
import { localhostCertificate } from "./localhost-certificate.fixture.js";

/** A separate Redis for this test, and a raw connection to inspect it. */
async function ownRedis({
  args = [],
  ...options
}: Pick<RedisOptions, "username" | "password" | "db"> & { args?: string[] } = {}) {
  const server = await startRedis({ args });
  const raw = new Redis({ port: server.port, ...options });
  onTestFinished(async () => {
    raw.disconnect();
    await server.stop();
  });
  return { ...server, raw };
}

function opened(storage: RedisStorage) {
  const logged: McpObservabilityEvent[] = [];
  const logger = (event: McpObservabilityEvent) => void logged.push(event);
  const own = openStorage(storage, { sessionTtl: 60, encryptionKeys, logger });
  onTestFinished(own.close);
  return { ...own, logged };
}

/** Stores a session, receives its event and reads it, which uses every kind of Redis connection and command. */
async function expectToWork(storage: RedisStorage) {
  const { driver, sessions, log, logged, close } = opened(storage);
  const record = someRecord();
  const heard: string[] = [];
  const listener = {
    entry: (entry: Parameters<typeof messageOf>[0]) => heard.push(messageOf(entry)),
    interrupted: () => undefined,
  };
  const stop = await log.listen(record.userId, listener);
  expect(await sessions.create(record, [progress(record, "created")], noSessionLimit)).toEqual({ created: true });
  expect((await sessions.list(record.userId)).sessions).toEqual([record]);
  await vi.waitFor(() => expect(heard).toEqual(["created"]));
  const list = sharedValue(driver, "tool-list", "abc");
  await list.write("[]", 60);
  expect(await list.replace("[", "[1]")).toBe(true);
  expect(await list.read()).toBe("[1]");
  stop();
  expect(logged).toEqual([]);
  return { record, close };
}

/** The documented keys of a single session. */
const keysOf = ({ sessionId, userId }: { sessionId: string; userId: string }) =>
  [
    "mcp:store",
    "mcp:tool-list:abc",
    `mcp:session:${sessionId}`,
    `mcp:user:${userId}:sessions`,
    `mcp:user:${userId}:server:notes`,
    `mcp:user:${userId}:events`,
  ].sort();

const clientsOf = async (raw: Redis) =>
  String(await raw.client("LIST"))
    .trim()
    .split("\n").length;

describe("a Redis can be given by", () => {
  test("its URL", async () => {
    const { url, raw } = await ownRedis();
    const { record } = await expectToWork(url);
    expect((await raw.keys("*")).sort()).toEqual(keysOf(record));
  });

  test("a URL with password and database", async () => {
    const { port, raw } = await ownRedis({ args: ["--requirepass", "p@ss:word/"], password: "p@ss:word/", db: 2 });
    const { record } = await expectToWork(`redis://:${encodeURIComponent("p@ss:word/")}@127.0.0.1:${port}/2`);
    expect((await raw.keys("*")).sort()).toEqual(keysOf(record));
  });

  test("its parts: host, port, user, password, database and prefix", async () => {
    const user = { username: "app", password: "secret-of-app" };
    const args = ["--user", "app", "on", `>${user.password}`, "~*", "&*", "+@all", "--user", "default", "off"];
    const { port, raw } = await ownRedis({ args, ...user, db: 3 });
    const { record } = await expectToWork({ host: "127.0.0.1", port, ...user, db: 3, keyPrefix: "shop:" });
    expect((await raw.keys("*")).sort()).toEqual(keysOf(record).map((key) => `shop:${key}`));
  });

  test("the path of its socket on this machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-redis-socket-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "redis.sock");
    const { raw } = await ownRedis({ args: ["--unixsocket", path] });
    const { record } = await expectToWork({ path });
    expect((await raw.keys("*")).sort()).toEqual(keysOf(record));
  });

  test("its parts with TLS; the certificate is checked", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-redis-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    writeFileSync(key, localhostCertificate.key);
    writeFileSync(certificate, localhostCertificate.certificate);
    const tlsPort = await freePort();
    const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
    const args = ["--tls-port", String(tlsPort), ...files, "--tls-auth-clients", "no"];
    const { raw } = await ownRedis({ args });
    const tls = { ca: localhostCertificate.certificate };
    const { record } = await expectToWork({ host: "127.0.0.1", port: tlsPort, tls });
    expect((await raw.keys("*")).sort()).toEqual(keysOf(record));
    const { sessions } = opened(`rediss://127.0.0.1:${tlsPort}`);
    await expect(sessions.list(someUser())).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});

test("a process that stalls while it connects, as at a cold start, still gets its answer", async () => {
  const { url } = await ownRedis();
  const { sessions } = opened(url);
  const listing = sessions.list(someUser());
  const end = performance.now() + 1_500;
  while (performance.now() < end);
  expect((await listing).sessions).toEqual([]);
});

test("two storages with the same Redis parts share their connections until both are closed", async () => {
  const { port, raw } = await ownRedis();
  const [one, other] = [opened({ host: "127.0.0.1", port }), opened({ host: "127.0.0.1", port })];
  expect(other.sessions).toBe(one.sessions);
  await one.sessions.list(someUser());
  await one.close();
  expect((await other.sessions.list(someUser())).sessions).toEqual([]);
  expect(await clientsOf(raw)).toBe(2);
  await other.close();
  await vi.waitFor(async () => expect(await clientsOf(raw)).toBe(1));
});

describe("a host's own connection", () => {
  test("provides its options, including the prefix, and keeps working during and after our use", async () => {
    const password = "secret-of-the-host";
    const { port, raw } = await ownRedis({ args: ["--requirepass", password], password, db: 4 });
    const host = new Redis({ port, password, db: 4, keyPrefix: "host:", maxRetriesPerRequest: 7 });
    onTestFinished(() => host.disconnect());
    await host.set("own", "1");
    expect(await clientsOf(raw)).toBe(2);

    const { record, close } = await expectToWork(host);
    expect((await raw.keys("*")).sort()).toEqual([...keysOf(record).map((key) => `host:${key}`), "host:own"]);
    expect(await clientsOf(raw)).toBe(4);
    expect(host.options).toMatchObject({ keyPrefix: "host:", maxRetriesPerRequest: 7, db: 4 });
    expect(await host.get("own")).toBe("1");

    await close();
    await vi.waitFor(async () => expect(await clientsOf(raw)).toBe(2));
    expect(host.status).toBe("ready");
    await host.set("own", "2");
    expect(await raw.get("host:own")).toBe("2");
  });

  test("gets no listeners from us, and does not have to be open", async () => {
    const { port, raw } = await ownRedis();
    const host = new Redis({ port, lazyConnect: true });
    onTestFinished(() => host.disconnect());
    const before = host.eventNames();
    await expectToWork(host);
    expect(host.status).toBe("wait");
    expect(host.eventNames()).toEqual(before);
    expect(await raw.exists("mcp:tool-list:abc")).toBe(1);
  });

  test("still provides the address of its Redis after it was closed", async () => {
    const { port } = await ownRedis();
    const host = new Redis({ port });
    await host.ping();
    host.disconnect();
    await expectToWork(host);
  });
});

test.each<[string, (port: number) => RedisStorage]>([
  ["in a URL", (port) => `redis://:wrong-password@127.0.0.1:${port}`],
  ["in parts", (port) => ({ host: "127.0.0.1", port, password: "wrong-password" })],
  ["of an unknown user", (port) => `redis://nobody:wrong-password@127.0.0.1:${port}`],
])(
  "a wrong password %s makes the store unavailable, and neither log nor error contains the password",
  async (_where, storage) => {
    const { port } = await ownRedis({ args: ["--requirepass", "right-password"], password: "right-password" });
    const { sessions, log, logged } = opened(storage(port));
    const asked = performance.now();
    const error = await sessions.list(someUser()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    const listener = { entry: () => undefined, interrupted: () => undefined };
    await expect(log.listen(someUser(), listener)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect(logged.length).toBeGreaterThan(0);
    const toUser = `${error} ${JSON.stringify(error)}`;
    for (const kept of [JSON.stringify(logged), toUser]) expect(kept).not.toMatch(/(?:wrong|right)-password/);
    expect(toUser).not.toContain(String(port));
  },
);
