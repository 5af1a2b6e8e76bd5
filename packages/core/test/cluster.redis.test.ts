import { startRedisCluster } from "@mcp-assistant/testkit/redis-cluster";
import { Cluster, Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { sessionStore } from "../src/index.js";
import { someRecord, someUser } from "../src/samples.fixture.js";
import { openStorage } from "../src/storage/storage.js";
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

listensOnContract("a Redis Cluster", { cluster: nodes }, async (key) => {
  const probe = new Cluster(nodes);
  const slot = await probe.cluster("KEYSLOT", key);
  const ranges = await probe.cluster("SLOTS");
  probe.disconnect();
  const port = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
  await cluster.nodes.find((node) => node.port === port)?.kill();
});
