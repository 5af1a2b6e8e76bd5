import { expect, onTestFinished, test } from "vitest";
import { startRedisCluster } from "./redis-cluster.mjs";
import { askRedis } from "./redis-node.mjs";

const slotOf = async (port: number, key: string) => Number((await askRedis(port, `CLUSTER KEYSLOT ${key}`)).slice(1));

test("three masters share all slots, and redirect commands for other masters' slots", async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  expect(await cluster.masters()).toEqual(cluster.nodes);
  const answers = await Promise.all(cluster.nodes.map(({ port }) => askRedis(port, "SET greeting hello")));
  const slot = await slotOf(cluster.nodes[0]?.port ?? 0, "greeting");
  expect(answers.filter((answer) => answer === "+OK\r\n")).toHaveLength(1);
  expect(answers.filter((answer) => answer.startsWith(`-MOVED ${slot} 127.0.0.1:`))).toHaveLength(2);
});

test("a killed master's replica takes over with the written data, and the old master becomes its replica", async () => {
  const cluster = await startRedisCluster({ replicas: 1 });
  onTestFinished(() => cluster.stop());
  const [master, , , replica] = cluster.nodes;
  if (!master || !replica) throw new Error("The cluster has too few nodes");
  await askRedis(master.port, "SET {06S}greeting hello");
  await expect.poll(() => askRedis(replica.port, "DBSIZE")).toBe(":1\r\n");
  await master.kill();
  await expect.poll(() => cluster.masters()).toContain(replica);
  await expect.poll(() => askRedis(replica.port, "GET {06S}greeting")).toBe("$5\r\nhello\r\n");
  await master.restart();
  await expect.poll(() => askRedis(master.port, "ROLE")).toContain("slave");
});
