import { connect } from "node:net";
import { freePort } from "./ports.mjs";
import { startRedisNode } from "./redis-node.mjs";

export async function startRedis({ port, args, durable = false } = {}) {
  const settings = durable ? ["appendonly yes", "appendfsync always"] : [];
  return startRedisNode({ port: port ?? (await freePort()), settings, args, keeps: durable });
}

function isReachable(url) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379), timeout: 1_000 });
    const answer = (reachable) => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once("connect", () => answer(true));
    socket.once("timeout", () => answer(false));
    socket.once("error", () => answer(false));
  });
}

export async function ensureRedis() {
  const url = process.env.TEST_REDIS_URL || process.env.REDIS_URL;
  if (url && (await isReachable(url))) return { url, stop: async () => {} };
  const { url: started, stop } = await startRedis();
  return { url: started, stop };
}
