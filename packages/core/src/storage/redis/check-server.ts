import type { Cluster, Redis } from "ioredis";
import type { Log } from "../../logger.js";
import { isCluster } from "./commands.js";

/** Logs problems with the Redis servers that the operator should fix before they cause damage. Never throws. */
export async function checkServer(redis: Redis | Cluster, log: Log): Promise<void> {
  try {
    const nodes = isCluster(redis) ? redis.nodes("master") : [redis];
    for (const problem of new Set((await Promise.all(nodes.map(problemsOf))).flat())) log("error", problem);
  } catch {
    // The app's Redis user may not be allowed to run INFO.
  }
}

async function problemsOf(node: Redis): Promise<string[]> {
  const info = await node.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const problems: string[] = [];
  const [major = 0, minor = 0] = field("redis_version").split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    problems.push(`Redis ${field("redis_version")} is too old: 6.2 or newer is needed`);
  }
  const policy = field("maxmemory_policy");
  if (Number(field("maxmemory")) > 0 && policy !== "noeviction") {
    problems.push(
      `Redis may evict sign-ins when its memory is full (maxmemory-policy ${policy}): set it to noeviction`,
    );
  }
  return problems;
}
