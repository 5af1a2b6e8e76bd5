import { expect, test } from "vitest";
import { connectedToLegacy } from "./legacy-server.js";

/**
 * A server that answers no call and, if it is deaf, no cancellation, and the IDs that it gets: of calls, and of those
 * that are cancelled.
 */
async function silent(session: string | undefined, requestTimeout: number, isDeaf = false) {
  const called: unknown[] = [];
  const { user, sessionId, takeMessages } = await connectedToLegacy({
    ...(session === undefined ? {} : { session }),
    options: { limits: { requestTimeout } },
    notified: ({ method }) => isDeaf && method === "notifications/cancelled",
    call: ({ id }) => called.push(id) > 0,
  });
  const told = () =>
    takeMessages().flatMap(({ method, params }) => (method === "notifications/cancelled" ? [params?.requestId] : []));
  return { user, sessionId, called, told };
}

test.each(["a", undefined])(
  "a server is told that the caller gave up, under the ID that it knows: %s",
  async (session) => {
    const { user, sessionId, called, told } = await silent(session, 20_000);
    const caller = new AbortController();
    const call = user.callTool(sessionId, "one", {}, { signal: caller.signal });
    await expect.poll(() => called).toHaveLength(1);
    caller.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(told).toEqual(called);
  },
);

test.each(["a", undefined])("a server is told of a call that timed out: %s", async (session) => {
  const { user, sessionId, called, told } = await silent(session, 500);
  await expect(user.callTool(sessionId, "one")).rejects.toMatchObject({ code: "REQUEST_TIMEOUT" });
  await expect.poll(told).toEqual(called);
});

test("a caller does not wait until the server has heard that they gave up", async () => {
  const { user, sessionId, called, told } = await silent("a", 20_000, true);
  const caller = new AbortController();
  const call = user.callTool(sessionId, "one", {}, { signal: caller.signal });
  await expect.poll(() => called).toHaveLength(1);
  const from = performance.now();
  caller.abort();
  await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
  expect(performance.now() - from).toBeLessThan(2_000);
  await expect.poll(told).toEqual(called);
});
