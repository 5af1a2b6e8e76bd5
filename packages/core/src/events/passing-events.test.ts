import { expect, test, vi } from "vitest";
import { callProgress, tailOf } from "../samples.fixture.js";
import { next, nextSummary, open, say, someSession } from "./open-stream.fixture.js";
import { subscribe } from "./subscribe.js";

/** A user with an open stream, and a way to publish the progress of a call. */
async function opened() {
  const parts = open();
  const record = await someSession(parts);
  const { userId } = record;
  const publish = (message: string, callId = "call") =>
    parts.eventLog.publish(userId, callProgress(record, message, callId));
  const stream = await subscribe(parts, { userId });
  return { parts, record, userId, publish, stream, tail: () => tailOf(parts.driver, userId) };
}

/** The message of the next event, which is the progress of a call, and the id that it comes with. */
async function nextProgress(stream: Awaited<ReturnType<typeof opened>>["stream"]) {
  const { id, event } = await next(stream);
  return [event.type === "call_progress" ? event.message : event.type, id];
}

test("it carries the id of the entry before it, and the entries around it keep their order", async () => {
  const { parts, userId, publish, stream, tail } = await opened();
  await next(stream);
  await say(parts, userId, "1");
  const first = await tail();
  expect(await nextSummary(stream)).toBe("1");
  await publish("a");
  expect(await nextProgress(stream)).toEqual(["a", first]);
  await say(parts, userId, "2");
  expect(await nextSummary(stream)).toBe("2");
  await publish("b");
  expect(await nextProgress(stream)).toEqual(["b", await tail()]);
  const resumed = await subscribe(parts, { userId, lastEventId: first });
  expect(await nextSummary(resumed)).toBe("2");
});

test("a slow reader gets the latest progress of each call once, whatever the number of reports", async () => {
  const { publish, stream, tail } = await opened();
  for (let step = 0; step < 10_000; step += 1) await publish(`${step}`, `call ${step % 3}`);
  expect((await next(stream)).event.type).toBe("reset");
  const id = await tail();
  expect([await nextProgress(stream), await nextProgress(stream), await nextProgress(stream)]).toEqual(
    ["9999", "9997", "9998"].map((message) => [message, id]),
  );
  await publish("later");
  expect(await nextProgress(stream)).toEqual(["later", id]);
});

test("progress never costs a reader its place: where the queue is full, it is dropped", async () => {
  const { parts, userId, publish, stream } = await opened();
  for (let step = 0; step < 600; step += 1) await publish("more", `call ${step}`);
  expect((await next(stream)).event.type).toBe("reset");
  for (let step = 1; step < 512; step += 1) expect((await nextProgress(stream))[0]).toBe("more");
  await say(parts, userId, "1");
  expect(await nextSummary(stream)).toBe("1");
});

test("without an open stream, nothing is kept for later", async () => {
  const { parts, userId, publish, stream } = await opened();
  await stream.return?.();
  expect(parts.hub.count(userId).ofUser).toBe(0);
  await publish("unseen");
  const later = await subscribe(parts, { userId });
  expect((await next(later)).event.type).toBe("reset");
  const event = vi.fn();
  void later.next().then(event);
  await publish("seen");
  await vi.waitFor(() => expect(event).toHaveBeenCalledTimes(1));
  expect(event.mock.calls[0]?.[0].value.event.message).toBe("seen");
});
