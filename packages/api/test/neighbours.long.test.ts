import { startRedis } from "@mcp-assistant/testkit/redis";
import { beforeAll, expect, test } from "vitest";
import { runAttack } from "../bench/neighbours/one-attack.mjs";

/**
 * How much CPU time (ms) a turn of the event loop may have: twice the 100 ms of `pnpm bench neighbours`. Unlike a
 * delay, CPU time hardly grows on a busy machine. But programs that run at once slow each other down, and a schema
 * check that was held up is given twice its time.
 */
const maxTurnMs = 200;

let redis: Awaited<ReturnType<typeof startRedis>>;
beforeAll(async () => {
  redis = await startRedis();
  return redis.stop;
});

/** What has arrived on hundreds of sockets is read in one turn: the slower the machine, the more of it. */
const maxTurnOfManyMs = 3 * maxTurnMs;

test.each([
  "a stream behind a byte 0xA0 in its content type",
  "batches of 20 tool lists of 4 MiB",
  "lists of 50 connections with long headers",
  "streams that missed all events of the log",
  "400 answers of 4 MiB at once",
  "schemas that take long to check, one at a time",
  "schemas that take long to check, 8 at a time",
  "results of two million members",
  "tool lists of two million members",
  "results of as many members as allowed",
])(
  "no turn of the app's event loop is long, whatever a user does: %s",
  async (name) => {
    const { runs } = await runAttack(name, { redisUrl: redis.url, runs: 2, beforeMs: 100, underMs: 1_500 });
    // What the app does for the first time, and a pause of V8, is not long each time.
    expect(Math.min(...runs.map(({ turnMs }) => turnMs))).toBeLessThan(
      name.startsWith("400 ") ? maxTurnOfManyMs : maxTurnMs,
    );
  },
  240_000,
);
