import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { resolveOptions } from "../options/resolve-options.js";
import { ListReads } from "../rates/list-reads.js";
import { someRecord, tailOf, workedOn } from "../samples.fixture.js";
import { next, nextSummary, open, say, someSession, withWire } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

/** A user with a connection, who may read so many bytes a minute. */
async function userWith(listBytesPerMinute: number) {
  const { limits } = resolveOptions({});
  const parts = { ...open(), listReads: new ListReads(randomUUID(), { ...limits, listBytesPerMinute }) };
  const { userId } = await someSession(parts, someRecord(workedOn("CONNECTING", Date.now() + 100)));
  const lastEventId = await tailOf(parts.driver, userId);
  const read = (bytes: number) => parts.listReads.run(userId, async () => ({ value: "read", bytes }));
  return { parts, userId, lastEventId, read };
}

type User = Awaited<ReturnType<typeof userWith>>;

const large = "x".repeat(100_000);

test.each<[string, (user: User) => Promise<void>]>([
  [
    "events that a new stream missed",
    async ({ parts, userId, lastEventId }) => {
      say(parts, userId, large);
      expect(await nextSummary(await subscribe(parts, { userId, lastEventId }))).toBe(large);
    },
  ],
  [
    "more events than a new stream may get, and the snapshot instead",
    async ({ parts, userId, lastEventId }) => {
      say(parts, userId, ...Array.from({ length: 11 }, () => large));
      expect(await nextSummary(await subscribe(parts, { userId, lastEventId }))).toBe("reset");
    },
  ],
  [
    "events that an open stream missed",
    async ({ parts, userId }) => {
      const wire = withWire(parts);
      const stream = await subscribe(parts, { userId });
      await next(stream);
      wire.pass = () => undefined;
      say(parts, userId, large);
      wire.interrupt();
      expect(await nextSummary(stream)).toBe(large);
    },
  ],
])("a user pays with their bytes of a minute for %s", async (_what, missEvents) => {
  const user = await userWith(50_000);
  expect(await user.read(0)).toBe("read");
  await missEvents(user).catch((error: { code?: string }) => expect(error.code).toBe("RATE_LIMITED"));
  await expect(user.read(0)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfter: expect.any(Number) });
});

test("a stream whose user may read nothing more asks again when they may, and not every second", async () => {
  const { parts, userId, read } = await userWith(60_000);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  // A byte a millisecond: 2.5 s.
  await read(62_500);
  const asked = vi.spyOn(parts.listReads, "run");
  expect(await nextSummary(stream)).toBe("state_changed FAILED");
  expect(asked).toHaveBeenCalledTimes(2);
});
