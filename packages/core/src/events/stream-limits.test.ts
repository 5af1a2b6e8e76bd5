import { expect, onTestFinished, test, vi } from "vitest";
import { createMcp } from "../create-mcp.js";
import { StoreUnavailableError } from "../errors.js";
import { someUser, tailOf } from "../samples.fixture.js";
import { next, nextSummary, open, say } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

type Parts = ReturnType<typeof open>;

/** The error for opening one more stream. */
const refusal = (parts: Parts, userId: string) =>
  subscribe(parts, { userId }).then(
    () => undefined,
    (error: unknown) => error,
  );

test("when a user opens 14 streams at once, 10 open and the others are told the limit", async () => {
  const parts = open(60, { streamsPerUser: 10 });
  const userId = someUser();
  const opened = await Promise.allSettled(Array.from({ length: 14 }, () => subscribe(parts, { userId })));
  const refused = opened.filter((each) => each.status === "rejected");
  expect(refused).toHaveLength(4);
  for (const { reason } of refused) {
    expect(reason).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "You have 10 event streams open, the most that this app allows",
      retryable: false,
    });
  }
  const streams = opened.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  for (const stream of streams) await next(stream);
  say(parts, userId, "to all that are open");
  for (const stream of streams) expect(await nextSummary(stream)).toBe("to all that are open");
});

test("another user's streams do not count", async () => {
  const parts = open(60, { streamsPerUser: 1 });
  const [ada, grace] = [someUser(), someUser()];
  await subscribe(parts, { userId: ada });
  expect(await refusal(parts, ada)).toMatchObject({ code: "LIMIT_EXCEEDED" });
  await subscribe(parts, { userId: grace });
});

test("a process has its own limit, and a stream that ends makes room for another user's", async () => {
  const parts = open(60, { streams: 3 });
  const streams = await Promise.all(Array.from({ length: 3 }, () => subscribe(parts, { userId: someUser() })));
  const late = someUser();
  expect(await refusal(parts, late)).toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: "This app is busy: as many event streams are open as it allows: 3",
    retryable: true,
    retryAfter: 2_000,
  });
  await streams[1]?.return?.();
  await subscribe(parts, { userId: late });
  expect(await refusal(parts, someUser())).toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test.each<[string, (stream: AsyncIterator<unknown>, controller: AbortController) => unknown]>([
  ["returned", (stream) => stream.return?.()],
  ["aborted", (_stream, controller) => controller.abort()],
  ["aborted and returned", (stream, controller) => [controller.abort(), stream.return?.()]],
  ["returned twice", (stream) => [stream.return?.(), stream.return?.()]],
])("a stream that is %s frees exactly one place, 20 times over", async (_way, end) => {
  const parts = open(60, { streamsPerUser: 2, streams: 2 });
  const userId = someUser();
  await subscribe(parts, { userId });
  for (let count = 0; count < 20; count++) {
    const controller = new AbortController();
    const stream = await subscribe(parts, { userId, signal: controller.signal });
    expect(await refusal(parts, userId)).toMatchObject({ code: "LIMIT_EXCEEDED" });
    await end(stream, controller);
  }
  expect(parts.hub.count(userId)).toEqual({ ofUser: 1, inAll: 1 });
});

test.each<[string, (parts: Parts) => unknown]>([
  [
    "listening",
    ({ eventLog }) => vi.spyOn(eventLog, "listen").mockRejectedValueOnce(new StoreUnavailableError("away")),
  ],
  ["the log", ({ eventLog }) => vi.spyOn(eventLog, "read").mockRejectedValueOnce(new StoreUnavailableError("away"))],
  ["the records", ({ store }) => vi.spyOn(store, "list").mockRejectedValueOnce(new StoreUnavailableError("away"))],
])("a stream that could not open because %s failed takes no place", async (_what, fail) => {
  const parts = open(60, { streamsPerUser: 1, streams: 1 });
  const userId = someUser();
  say(parts, userId, "1");
  const lastEventId = await tailOf(parts.driver, userId);
  for (let count = 0; count < 5; count++) {
    fail(parts);
    await expect(subscribe(parts, { userId, lastEventId })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(parts.hub.count(userId)).toEqual({ ofUser: 0, inAll: 0 });
  }
  await subscribe(parts, { userId, lastEventId });
});

test("a stream that is aborted before it opens, or while it does, takes no place", async () => {
  const parts = open(60, { streamsPerUser: 1, streams: 1 });
  const userId = someUser();
  for (let count = 0; count < 5; count++) {
    await subscribe(parts, { userId, signal: AbortSignal.abort() });
    const controller = new AbortController();
    const opening = subscribe(parts, { userId, signal: controller.signal });
    controller.abort();
    expect(await (await opening).next()).toEqual({ value: undefined, done: true });
  }
  expect(parts.hub.count(userId)).toEqual({ ofUser: 0, inAll: 0 });
});

test("an app uses the stream limits from its options", async () => {
  const limits = { streamsPerUser: 2, streams: 3 };
  const mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9", limits });
  onTestFinished(() => mcp.close());
  const [ada, grace] = [someUser(), someUser()];
  const streams = [await mcp.forUser(ada).subscribe(), await mcp.forUser(ada).subscribe()];
  await expect(mcp.forUser(ada).subscribe()).rejects.toMatchObject({
    message: expect.stringContaining("You have 2"),
  });
  streams.push(await mcp.forUser(grace).subscribe());
  const crowded = mcp.forUser(grace).subscribe();
  await expect(crowded).rejects.toMatchObject({ message: expect.stringContaining("as it allows: 3") });
  for (const stream of streams) await stream.return?.();
  await (await mcp.forUser(grace).subscribe()).return?.();
});
