import { expect, test, vi } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { someUser } from "../samples.fixture.js";
import { next, open } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

/** Whose streams have read their lists, and when (ms). */
function watchReads({ sessions }: ReturnType<typeof open>) {
  const reads: { userId: string; at: number }[] = [];
  const list = sessions.list.bind(sessions);
  vi.spyOn(sessions, "list").mockImplementation((userId, signal) => {
    reads.push({ userId, at: performance.now() });
    return list(userId, signal);
  });
  return reads;
}

test("streams of one user begin one after the other with a pause, and another user's begins at once", async () => {
  const parts = open();
  const reads = watchReads(parts);
  const [eve, ada] = [someUser(), someUser()];
  const streams = await Promise.all([eve, eve, eve, ada].map((userId) => subscribe(parts, { userId })));
  for (const stream of streams) expect((await next(stream)).event.type).toBe("reset");
  expect(reads.map(({ userId }) => userId)).toEqual([eve, ada, eve, eve]);
  const [first = 0, second = 0, third = 0] = reads.flatMap(({ userId, at }) => (userId === eve ? at : []));
  expect(Math.min(second - first, third - second)).toBeGreaterThan(45);
});

test("a stream that waits for its turn ends when its reader leaves, and the next one has the turn", async () => {
  const parts = open();
  const userId = someUser();
  const gone = new AbortController();
  const first = subscribe(parts, { userId });
  const second = subscribe(parts, { userId, signal: gone.signal });
  const third = subscribe(parts, { userId });
  gone.abort();
  expect(await (await second).next()).toEqual({ value: undefined, done: true });
  for (const stream of [first, third]) expect((await next(await stream)).event.type).toBe("reset");
  expect(parts.hub.count(userId).ofUser).toBe(2);
});

test("when the storage does not answer the first stream, those that wait fail at once and in the same way", async () => {
  const parts = open();
  const userId = someUser();
  const list = vi.spyOn(parts.sessions, "list").mockRejectedValueOnce(new StoreUnavailableError("away"));
  const opened = await Promise.allSettled([1, 2, 3].map(() => subscribe(parts, { userId })));
  expect(opened.map((each) => each.status === "rejected" && each.reason.code)).toEqual(
    Array(3).fill("STORE_UNAVAILABLE"),
  );
  expect(list).toHaveBeenCalledTimes(1);
  expect((await next(await subscribe(parts, { userId }))).event.type).toBe("reset");
});
