import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, afterEach, expect, inject, test, vi } from "vitest";
import { someUser } from "../../samples.fixture.js";
import { sharedValue } from "../../values/stored-value.js";
import { RedisCommands } from "./commands.js";
import { RedisDriver } from "./driver.js";

const driver = new RedisDriver(inject("redisUrl"));

afterEach(() => void vi.restoreAllMocks());
afterAll(() => driver.close());

/** A read of a list that users share, which counts as 64 KiB. One user may have 4 MiB under way. */
const read = (id: string, asker?: string) => sharedValue(driver, "tool-list", id, asker).read();
const most = 64;

test.each([
  ["one value over and over", () => "same"],
  ["a value after the other", (at: number) => `${at}`],
])("what a user reads of shared values waits for their own turn, not for another user's: %s", async (_what, idOf) => {
  const [eve, ada, prefix] = [someUser(), someUser(), someUser()];
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const run = RedisCommands.prototype.run;
  const asked = vi.spyOn(RedisCommands.prototype, "run").mockImplementation(async function (
    this: RedisCommands,
    ...command
  ) {
    await answered;
    return run.apply(this, command);
  });
  const reads = Array.from({ length: 100 }, (_, at) => read(prefix + idOf(at), eve));
  await nextTurn();
  expect(asked).toHaveBeenCalledTimes(most);
  reads.push(read(prefix + idOf(0), ada));
  await nextTurn();
  expect(asked).toHaveBeenCalledTimes(most + 1);
  answer();
  expect(new Set(await Promise.all(reads))).toEqual(new Set([undefined]));
});
