import { startRedisCluster } from "@mcp-assistant/testkit/redis-cluster";
import { Cluster, Redis } from "ioredis";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { sessionStore } from "../src/index.js";
import { someRecord, someUser } from "../src/samples.fixture.js";
import { RedisCommands } from "../src/storage/redis/commands.js";
import { RedisDriver } from "../src/storage/redis/driver.js";
import { Keys } from "../src/storage/redis/keys.js";
import { openStorage } from "../src/storage/storage.js";
import { sharedValue } from "../src/values/stored-value.js";
import { listensOnContract, storageContracts } from "./many-servers.js";

const cluster = await startRedisCluster({ replicas: 1 });
const nodes = cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));

afterAll(() => cluster.stop());

storageContracts("a Redis Cluster", { cluster: nodes });

test("a process listens with one connection to each master, however many users there are", async () => {
  const host = new Cluster(nodes, { lazyConnect: true });
  const storage = openStorage(host, { sessionTtl: 60, encryptionKeys: "none", logger: () => undefined });
  try {
    const records = Array.from({ length: 40 }, () => someRecord());
    const heard = new Set<string>();
    const listener = (userId: string) => ({ entry: () => void heard.add(userId), interrupted: () => undefined });
    for (const { userId } of records) await storage.log.listen(userId, listener(userId));
    for (const record of records) {
      const event = {
        type: "session_removed",
        sessionId: "",
        serverId: "",
        v: 1,
        at: new Date().toISOString(),
      } as const;
      expect(await storage.sessions.create(record, [event], { limit: 50 })).toEqual({ created: true });
    }
    await expect.poll(() => heard.size).toBe(40);
    const masters = await cluster.masters();
    expect(masters).toHaveLength(3);
    const listening = await Promise.all(masters.map(({ port }) => listeners(port)));
    expect(listening).toEqual([1, 1, 1]);
    // The connections are ours: the host's own was never opened.
    expect(host.status).toBe("wait");
  } finally {
    host.disconnect();
    await storage.close();
  }
});

test("a session whose id was made without its user is in that user's slot, too", async () => {
  const storage = openStorage({ cluster: nodes }, { sessionTtl: 60, encryptionKeys: "none", logger: () => undefined });
  try {
    const record = someRecord({ sessionId: sessionStore.generateSessionId() });
    const { userId, sessionId } = record;
    expect(await storage.sessions.create(record, [], { limit: 50 })).toEqual({ created: true });
    expect(await storage.sessions.read(userId, sessionId)).toMatchObject({ record });
    expect((await storage.sessions.list(userId)).sessions).toEqual([record]);
    expect(await storage.sessions.read(someUser(), sessionId)).toBeUndefined();
    expect(await storage.sessions.remove(record, [])).toBe(true);
  } finally {
    await storage.close();
  }
});

test("while one master hangs, reads of users of other masters keep their places in the queue", async () => {
  const driver = new RedisDriver({ cluster: nodes });
  onTestFinished(() => driver.close());
  const keys = new Keys({ prefix: "", tagged: true });
  const keyOf = (id: string) => keys.value({ shared: "tool-list", id }, { kind: "tool-list", id });
  const hanging = someUser();
  const port = await masterOf(keyOf(hanging));
  let healthy = someUser();
  while ((await masterOf(keyOf(healthy))) === port) healthy = someUser();
  const read = (id: string, asker: string) => sharedValue(driver, "tool-list", id, asker).read();
  await Promise.all([read(hanging, "eve"), read(healthy, "ada")]);

  const pid = cluster.nodes.find((node) => node.port === port)?.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  onTestFinished(() => void process.kill(pid, "SIGCONT"));
  const ofEve = read(hanging, "eve").catch((error: unknown) => error);
  const run = RedisCommands.prototype.run;
  const running = vi.spyOn(RedisCommands.prototype, "run").mockImplementation(async function (
    this: RedisCommands,
    ...command
  ) {
    await ofEve;
    return run.apply(this, command);
  });
  onTestFinished(() => running.mockRestore());
  // A user may have 64 such reads under way. The others wait.
  const ofAda = Array.from({ length: 100 }, () => read(healthy, "ada"));
  await expect.poll(() => running.mock.calls.length).toBe(64);
  expect(await ofEve).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(new Set(await Promise.all(ofAda))).toEqual(new Set([undefined]));
});

async function listeners(port: number): Promise<number> {
  const redis = new Redis(port);
  try {
    return String(await redis.client("LIST"))
      .split("\n")
      .filter((client) => / ssub=[1-9]/.test(client)).length;
  } finally {
    redis.disconnect();
  }
}

/** The port of the master that has a key. */
async function masterOf(key: string): Promise<number | undefined> {
  const probe = new Cluster(nodes);
  try {
    const slot = await probe.cluster("KEYSLOT", key);
    const ranges = await probe.cluster("SLOTS");
    return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
  } finally {
    probe.disconnect();
  }
}

listensOnContract("a Redis Cluster", { cluster: nodes }, async (key) => {
  const port = await masterOf(key);
  await cluster.nodes.find((node) => node.port === port)?.kill();
});
