import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { Delivery } from "../budgets/delivery.js";
import { someRecord, someUser, tailOf, workedOn } from "../samples.fixture.js";
import { next, nextSummary, open, say, someSession, withWire } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

/** An answer that takes long to be written. */
const slow = () => new Delivery();

test.each<[string, boolean]>([
  ["begins with a snapshot", false],
  ["resumes", true],
])("a stream that %s holds nothing for the answer that opens it, then or later", async (_how, resumes) => {
  const [parts, delivery] = [open(), slow()];
  const { userId } = await someSession(parts, someRecord(workedOn("CONNECTING", Date.now() + 100)));
  const lastEventId = resumes ? await tailOf(parts.driver, userId) : undefined;
  await say(parts, userId, "missed");
  const list = vi.spyOn(parts.store, "list");
  const stream = await delivery.run(() => subscribe(parts, { userId, lastEventId }));
  if (resumes) expect(await nextSummary(stream)).toBe("missed");
  else expect((await next(stream)).event.type).toBe("reset");
  const read = list.mock.calls.length;
  await vi.waitFor(() => expect(list.mock.calls.length).toBeGreaterThan(read), 3_000);
  await pause(10);
  expect(delivery.isEmpty).toBe(true);
});

test("what a stream reads because of another user's request is not held for the answer to that", async () => {
  const [parts, delivery, userId] = [open(), slow(), someUser()];
  const wire = withWire(parts);
  const stream = await subscribe(parts, { userId });
  await next(stream);
  wire.pass = () => undefined;
  await say(parts, userId, "lost on the way");
  wire.pass = (entry, on) => on(entry);
  await delivery.run(() => say(parts, userId, "after it"));
  expect(await nextSummary(stream)).toBe("lost on the way");
  expect(await nextSummary(stream)).toBe("after it");
  expect(delivery.isEmpty).toBe(true);
});
