import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { someRecord, someUser, storedRecord, tailOf, workedOn } from "../samples.fixture.js";
import { next, nextSummary, open, someSession } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

test("an open stream reports at once when a lease ends that was not renewed, not a minute later", async () => {
  const parts = open();
  const record = someRecord(workedOn("CONNECTING", Date.now() + 300));
  await someSession(parts, record);
  const stream = await subscribe(parts, { userId: record.userId });
  await next(stream);
  const before = performance.now();
  expect(await nextSummary(stream)).toBe("state_changed FAILED");
  expect(await next(stream)).toMatchObject({ event: { type: "error", info: { code: "INTERRUPTED" } } });
  expect(performance.now() - before).toBeLessThan(1_500);
});

test("an open stream also reports the end of a lease that began later, and so does a resumed stream", async () => {
  const parts = open();
  const userId = someUser();
  const fresh = await subscribe(parts, { userId });
  await next(fresh);
  await someSession(parts, someRecord({ userId, serverId: "first" }));
  const lastEventId = await tailOf(parts.driver, userId);
  const resumed = await subscribe(parts, { userId, lastEventId });
  await someSession(parts, someRecord({ userId, ...workedOn("AUTHENTICATING", Date.now() + 300) }));
  for (const stream of [fresh, resumed]) {
    await vi.waitFor(async () => expect(await nextSummary(stream)).toBe("state_changed DISCONNECTED"));
  }
});

test("a lease that ended while no stream was open is reported to a stream that resumes", async () => {
  const parts = open();
  const record = await someSession(parts, someRecord(workedOn("CONNECTING", Date.now() + 50)));
  const lastEventId = await tailOf(parts.driver, record.userId);
  await pause(80);
  const stream = await subscribe(parts, { userId: record.userId, lastEventId });
  expect(await nextSummary(stream)).toBe("state_changed FAILED");
});

test("a session that vanishes while a stream is open is reported as removed", async () => {
  const parts = open(1);
  const userId = someUser();
  const [vanishing, leased] = [someRecord({ userId }), someRecord({ userId, serverId: "mail" })];
  await someSession(parts, vanishing);
  await someSession(parts, { ...leased, ...workedOn("CONNECTING", Date.now() + 700) });
  const stream = await subscribe(parts, { userId });
  await next(stream);
  await storedRecord(parts.driver, vanishing).erase();
  expect(await next(stream)).toMatchObject({
    event: { type: "session_removed", sessionId: vanishing.sessionId, serverId: "notes" },
  });
});
