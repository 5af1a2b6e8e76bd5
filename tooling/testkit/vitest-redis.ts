import type { TestProject } from "vitest/node";
import { ensureRedis } from "./redis.mjs";

/** Vitest's global setup for projects whose tests `inject("redisUrl")`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await ensureRedis();
  project.provide("redisUrl", redis.url);
  return redis.stop;
}
