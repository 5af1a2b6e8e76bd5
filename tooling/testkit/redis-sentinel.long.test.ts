import { expect, onTestFinished, test } from "vitest";
import { askRedis } from "./redis-node.mjs";
import { startRedisSentinel } from "./redis-sentinel.mjs";

test("a killed master is replaced by a replica with the written data, and can be restarted", async () => {
  const group = await startRedisSentinel({ minReplicasToWrite: 1 });
  onTestFinished(() => group.stop());
  const first = await group.master();
  expect(first).toBe(group.nodes[0]);
  expect(await askRedis(first.port, "SET greeting hello")).toBe("+OK\r\n");
  await expect.poll(() => replicasWith(group.nodes.slice(1), "greeting")).toBe(2);

  expect(await group.killMaster()).toBe(first);
  await expect(askRedis(first.port, "PING")).rejects.toThrow("ECONNREFUSED");
  await expect.poll(async () => (await group.master()) !== first).toBe(true);
  const second = await group.master();
  expect(await askRedis(second.port, "GET greeting")).toBe("$5\r\nhello\r\n");

  await first.restart();
  expect(await askRedis(first.port, "GET greeting")).toBe("$5\r\nhello\r\n");
});

test("a master with too few replicas refuses to write", async () => {
  const group = await startRedisSentinel({ minReplicasToWrite: 2, downAfterMs: 60_000 });
  onTestFinished(() => group.stop());
  const master = await group.master();
  await group.nodes[1]?.kill();
  await expect.poll(() => askRedis(master.port, "SET greeting hello")).toContain("-NOREPLICAS");
});

async function replicasWith(nodes: { port: number }[], key: string): Promise<number> {
  const answers = await Promise.all(nodes.map(({ port }) => askRedis(port, `EXISTS ${key}`)));
  return answers.filter((answer) => answer === ":1\r\n").length;
}
