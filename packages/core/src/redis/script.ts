import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { ask } from "./connection.js";

export interface Script {
  source: string;
  sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/** Runs a script by its hash, and by its text when Redis has forgotten it (a restart, SCRIPT FLUSH). */
export function run(redis: Redis, { source, sha }: Script, keys: string[], args: (string | number)[]) {
  return ask<unknown>(async () => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("NOSCRIPT")) {
        return redis.eval(source, keys.length, ...keys, ...args);
      }
      throw error;
    }
  });
}
