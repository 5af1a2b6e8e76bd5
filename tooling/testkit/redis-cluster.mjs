import { freePortRange } from "./ports.mjs";
import { askRedis, startAll, startRedisNode, stopAll, tellRedis, untilAll } from "./redis-node.mjs";

const masterCount = 3;
const slotCount = 16_384;
/** A node talks to the others on its port plus this offset. */
const busOffset = 10_000;

const firstSlot = (index) => Math.floor((slotCount * index) / masterCount);

const says = (node, command, ...facts) =>
  askRedis(node.port, command).then((answer) => facts.every((fact) => answer.includes(fact)));

const idOf = async (node) => (await tellRedis(node.port, "CLUSTER MYID")).split("\r\n")[1];

async function join(masters, replicas) {
  for (const [index, node] of masters.entries()) {
    await tellRedis(node.port, `CLUSTER ADDSLOTSRANGE ${firstSlot(index)} ${firstSlot(index + 1) - 1}`);
    await tellRedis(node.port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
  }
  const nodes = [...masters, ...replicas];
  for (const node of nodes.slice(1)) await tellRedis(nodes[0].port, `CLUSTER MEET 127.0.0.1 ${node.port}`);
  const facts = ["cluster_state:ok", `cluster_known_nodes:${nodes.length}`, `cluster_slots_ok:${slotCount}`];
  await untilAll(
    nodes.map((node) => () => says(node, "CLUSTER INFO", ...facts)),
    "A cluster of all nodes",
  );
  for (const [index, node] of replicas.entries()) {
    await tellRedis(node.port, `CLUSTER REPLICATE ${await idOf(masters[index % masterCount])}`);
  }
  const followed = replicas.map((node) => () => says(node, "INFO replication", "role:slave", "master_link_status:up"));
  // A replica can only be elected once the masters know it as a replica.
  const known = nodes.map((node) => async () => {
    const lines = (await askRedis(node.port, "CLUSTER NODES")).split("\n");
    return lines.filter((line) => /\bslave\b/.test(line)).length === replicas.length;
  });
  await untilAll([...followed, ...known], "Replication of all masters");
}

export async function startRedisCluster({ replicas: replicasPerMaster = 0, settings = [] } = {}) {
  const count = masterCount * (1 + replicasPerMaster);
  const first = await freePortRange(count, "127.0.0.1", busOffset);
  const clustered = [
    "cluster-enabled yes",
    "cluster-config-file nodes.conf",
    "cluster-node-timeout 1500",
    "cluster-require-full-coverage yes",
    "repl-diskless-sync-delay 0",
    "appendonly yes",
    "appendfsync always",
  ];
  const starts = Array.from({ length: count }, (_, index) => {
    return () => startRedisNode({ port: first + index, settings: [...clustered, ...settings] });
  });
  const nodes = await startAll(starts);
  try {
    await join(nodes.slice(0, masterCount), nodes.slice(masterCount));
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    async masters() {
      const roles = await Promise.all(nodes.map(({ port }) => askRedis(port, "ROLE").catch(() => "")));
      return nodes.filter((_, index) => roles[index].includes("master"));
    },
    stop: () => stopAll(nodes),
  };
}
