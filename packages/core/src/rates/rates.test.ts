import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { SessionNotFoundError, StoreUnavailableError } from "../errors.js";
import { resolveOptions } from "../options/resolve-options.js";
import { someUser } from "../samples.fixture.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { type RateKind, Rates } from "./rates.js";

const one = {
  ...{ connectsPerMinute: 1, signInsPerMinute: 1, callsPerMinute: 1, streamsPerMinute: 1 },
  registrationsPerUser: 1,
};

function open(limits: Partial<typeof one> = {}) {
  const counts = new MemoryDriver();
  return { counts, rates: new Rates(counts, { ...one, ...limits }) };
}

test.each<[RateKind, string]>([
  ["connects", "Too many attempts to connect: this app allows 1 a minute"],
  ["sign-ins", "Too many sign-ins: this app allows 1 a minute"],
  ["calls", "Too many tool calls: this app allows 1 a minute"],
  ["streams", "Too many event streams: this app allows 1 a minute"],
])("a refusal of %s states the limit and when to try again", async (kind, message) => {
  const [{ rates }, userId] = [open(), someUser()];
  await rates.take(userId, kind);
  const error = await rates.take(userId, kind).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: "RATE_LIMITED", message, hint: "Try again in 60 seconds.", retryable: true });
  expect(error).toHaveProperty(
    "retryAfter",
    expect.toSatisfy((ms) => ms > 59_000 && ms <= 60_000),
  );
});

test("registrations come all at once, and then one every two hours", async () => {
  const [{ rates }, userId] = [open({ registrationsPerUser: 3 }), someUser()];
  for (let count = 0; count < 3; count++) await rates.take(userId, "registrations");
  const error = await rates.take(userId, "registrations").catch((refused: unknown) => refused);
  const message =
    "Too many sign-ins at services that are new to this app: this app allows 3 at once, and then one every two hours";
  expect(error).toMatchObject({ code: "RATE_LIMITED", message, retryable: true });
  expect(error).toHaveProperty(
    "retryAfter",
    expect.toSatisfy((ms) => ms > 7_199_000 && ms <= 7_200_000),
  );
});

test("the wait is a whole number of ms, and of seconds in the hint, both rounded up", async () => {
  const { counts, rates } = open();
  vi.spyOn(counts, "take").mockResolvedValueOnce(1_000.25).mockResolvedValueOnce(0.01);
  await expect(rates.take("ada", "calls")).rejects.toMatchObject({
    retryAfter: 1_001,
    hint: "Try again in 2 seconds.",
  });
  await expect(rates.take("ada", "calls")).rejects.toMatchObject({ retryAfter: 1, hint: "Try again in 1 second." });
});

test("each kind has its own limit", async () => {
  const [{ rates }, userId] = [open({ callsPerMinute: 3 }), someUser()];
  for (let count = 0; count < 3; count++) await rates.take(userId, "calls");
  await expect(rates.take(userId, "calls")).rejects.toMatchObject({
    retryAfter: expect.toSatisfy((ms) => ms <= 20_000),
  });
  await rates.take(userId, "streams");
  await expect(rates.take(userId, "streams")).rejects.toMatchObject({ code: "RATE_LIMITED" });
});

test("a user id that cannot be part of a key is refused", async () => {
  const { rates } = open();
  for (const userId of ["", "\ud800", "x".repeat(513)]) {
    await expect(rates.take(userId, "calls")).rejects.toMatchObject({ code: "USER_ID_INVALID" });
  }
});

test("an error of the parallel read takes precedence over the limit, and the request still counts", async () => {
  const [{ rates }, userId] = [open(), someUser()];
  const missing = () => Promise.reject(new SessionNotFoundError());
  await expect(rates.takeWhile(userId, "calls", missing())).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(rates.takeWhile(userId, "calls", missing())).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await expect(rates.takeWhile(userId, "calls", Promise.resolve(1))).rejects.toMatchObject({ code: "RATE_LIMITED" });
});

test("take fails when the store is unavailable, giveBack does not", async () => {
  const { counts, rates } = open();
  vi.spyOn(counts, "take").mockRejectedValue(new StoreUnavailableError("away"));
  vi.spyOn(counts, "giveBack").mockRejectedValue(new StoreUnavailableError("away"));
  await expect(rates.take("ada", "calls")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await rates.giveBack("ada", "calls");
});

test("the default limits let an app reconnect all sessions and streams that a user may have", () => {
  const { limits } = resolveOptions({});
  expect(limits.connectsPerMinute).toBeGreaterThanOrEqual(limits.sessionsPerUser + 10);
  expect(limits.streamsPerMinute).toBeGreaterThanOrEqual(limits.streamsPerUser * 10);
});

test("a user's requests are counted 16 at a time, each after a turn of the event loop, and another user's do not wait", async () => {
  let [underWay, most, count] = [0, 0, 0];
  const driver = {
    take: async () => {
      underWay += 1;
      count += 1;
      most = Math.max(most, underWay);
      await nextTurn();
      underWay -= 1;
      return 0;
    },
    giveBack: async () => undefined,
  };
  const rates = new Rates(driver, one);
  const all = Promise.all(Array.from({ length: 1_000 }, () => rates.take("eve", "connects")));
  await nextTurn();
  const before = count;
  await rates.take("ada", "connects");
  expect(before).toBe(16);
  expect(count).toBeLessThan(100);
  await all;
  expect(count).toBe(1_001);
  expect(most).toBeLessThanOrEqual(17);
});

test("when the storage does not answer, what waits to be counted fails at once", async () => {
  const take = vi.fn(() => Promise.reject(new StoreUnavailableError("away")));
  const rates = new Rates({ take, giveBack: async () => undefined }, one);
  const taken = await Promise.allSettled(Array.from({ length: 100 }, () => rates.take("eve", "calls")));
  expect(new Set(taken.map((each) => each.status === "rejected" && each.reason.code))).toEqual(
    new Set(["STORE_UNAVAILABLE"]),
  );
  expect(take).toHaveBeenCalledTimes(16);
});
