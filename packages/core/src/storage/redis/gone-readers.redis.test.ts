import { setImmediate as nextTurn } from "node:timers/promises";
import { beginning } from "@mcp-assistant/protocol";
import { afterAll, afterEach, expect, inject, test, vi } from "vitest";
import { someUser } from "../../samples.fixture.js";
import { RedisCommands } from "./commands.js";
import { RedisDriver } from "./driver.js";

const driver = new RedisDriver(inject("redisUrl"));
const value = { kind: "tools", id: "tools of a session" } as const;

afterEach(() => void vi.restoreAllMocks());
afterAll(() => driver.close());

type Read = (user: string, signal: AbortSignal) => Promise<unknown>;

const part: Read = (user, signal) =>
  driver.readPart({ partition: { user }, value, start: 0, length: Number.MAX_SAFE_INTEGER, signal });
const log: Read = (user, signal) => driver.readLog(user, beginning, { signal });

/** A user with a text of 4 MiB and a log of 1 MB. */
async function userOfMuch() {
  const user = someUser();
  const events = Array.from({ length: 100 }, () => "x".repeat(10_000));
  const set = [{ value, text: "x".repeat(2 ** 22), lifeMs: 60_000 }];
  await driver.commit({ partition: { user }, set, events });
  return user;
}

test.each([
  ["a text", part, 1],
  ["a text", part, 2],
  ["a log", log, 1],
  ["a log", log, 3],
])("of %s, nothing more is read once its caller has gone, here after %3$i pieces", async (_what, read, pieces) => {
  const user = await userOfMuch();
  const [gone, reason] = [new AbortController(), new Error("gone")];
  const ask = RedisCommands.prototype.ask;
  const asked = vi.spyOn(RedisCommands.prototype, "ask").mockImplementation(async function (
    this: RedisCommands,
    command,
  ) {
    const answer = await ask.call(this, command);
    if (asked.mock.calls.length === pieces) gone.abort(reason);
    return answer;
  });
  await expect(read(user, gone.signal)).rejects.toBe(reason);
  expect(asked).toHaveBeenCalledTimes(pieces);
});

test.each([
  ["a text", part],
  ["a log", log],
])("%s that waits for its turn is not read once its caller has gone", async (_what, read) => {
  const user = await userOfMuch();
  const gone = new AbortController();
  const asked = vi.spyOn(RedisCommands.prototype, "ask");
  const reads = Array.from({ length: 100 }, () => read(user, gone.signal).catch(() => "gone"));
  await nextTurn();
  const underWay = asked.mock.calls.length;
  gone.abort();
  expect(new Set(await Promise.all(reads))).toEqual(new Set(["gone"]));
  expect(underWay).toBeLessThan(100);
  expect(asked).toHaveBeenCalledTimes(underWay);
});
