import { freePortRange } from "./ports.mjs";
import { askRedis, startAll, startRedisNode, stopAll, tellRedis, untilAll } from "./redis-node.mjs";

const name = "mcp";
const replicaCount = 2;
const sentinelCount = 3;
const quorum = 2;

const startReplicated = (port, settings) =>
  startRedisNode({
    port,
    settings: ["appendonly yes", "appendfsync always", "repl-diskless-sync-delay 0", ...settings],
  });

async function startNodes(first, settings) {
  const master = await startReplicated(first, settings);
  const starts = Array.from({ length: replicaCount }, (_, index) => () => {
    return startReplicated(first + 1 + index, [...settings, `replicaof 127.0.0.1 ${first}`]);
  });
  const replicas = await startAll(starts).catch(async (error) => {
    await master.stop();
    throw error;
  });
  return [master, ...replicas];
}

const startSentinels = (first, master, { downAfterMs, failoverTimeoutMs }) =>
  startAll(
    Array.from({ length: sentinelCount }, (_, index) => () => {
      const settings = [
        `sentinel monitor ${name} 127.0.0.1 ${master.port} ${quorum}`,
        `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
        `sentinel failover-timeout ${name} ${failoverTimeoutMs}`,
      ];
      return startRedisNode({ port: first + index, settings, sentinel: true });
    }),
  );

async function masterPort(sentinels) {
  const answers = await Promise.all(
    sentinels.map(({ port }) => tellRedis(port, `SENTINEL GET-MASTER-ADDR-BY-NAME ${name}`)),
  );
  const ports = answers.map((answer) => Number(answer.split("\r\n")[4]));
  return ports.every((port) => port === ports[0]) ? ports[0] : undefined;
}

export async function startRedisSentinel({
  minReplicasToWrite = 0,
  downAfterMs = 1_000,
  failoverTimeoutMs = 5_000,
  settings = [],
} = {}) {
  const first = await freePortRange(1 + replicaCount + sentinelCount);
  const guarded = [`min-replicas-to-write ${minReplicasToWrite}`, "min-replicas-max-lag 3", ...settings];
  const nodes = await startNodes(first, guarded);
  const all = [...nodes];
  const online = async () =>
    (await askRedis(first, "INFO replication")).match(/state=online/g)?.length === replicaCount;
  const complete = `status=ok,address=127.0.0.1:${first},slaves=${replicaCount},sentinels=${sentinelCount}`;
  const sentinels = [];
  try {
    // A sentinel that starts earlier only notices the replicas at its next check, ten seconds later.
    await untilAll([online], "Replication");
    sentinels.push(...(await startSentinels(first + nodes.length, nodes[0], { downAfterMs, failoverTimeoutMs })));
    all.push(...sentinels);
    const agree = sentinels.map(
      ({ port }) =>
        async () =>
          (await askRedis(port, "INFO sentinel")).includes(complete),
    );
    await untilAll(agree, "Agreement of all sentinels");
  } catch (error) {
    await stopAll(all);
    throw error;
  }
  const master = async () => {
    let port;
    const agree = async () => {
      port = await masterPort(sentinels);
      return port !== undefined && (await askRedis(port, "ROLE")).includes("master");
    };
    await untilAll([agree], "A master that all sentinels name");
    return nodes.find((node) => node.port === port);
  };
  return {
    name,
    nodes,
    sentinels: sentinels.map(({ port }) => ({ host: "127.0.0.1", port })),
    master,
    async killMaster() {
      const killed = await master();
      await killed.kill();
      return killed;
    },
    stop: () => stopAll(all),
  };
}
