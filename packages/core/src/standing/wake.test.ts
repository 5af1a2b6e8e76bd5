import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { pauseUntil, Wake } from "./wake.js";

test("all who wait are woken, and so is one who begins to wait before it is reset", async () => {
  const wake = new Wake();
  const waiting = [wake.wait(undefined), wake.wait(undefined)];
  wake.ring();
  await Promise.all(waiting);
  await wake.wait(undefined);
  wake.reset();
  let isWoken = false;
  const last = wake.wait(undefined).then(() => {
    isWoken = true;
  });
  await pauseUntil(1);
  expect(isWoken).toBe(false);
  wake.ring();
  await last;
});

test("a wait ends with any of its signals, even an aborted one, or after its time, and leaves no listener", async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const wake = new Wake();
  await wake.wait(1, first.signal, second.signal);
  const waiting = wake.wait(undefined, first.signal, second.signal);
  second.abort();
  await waiting;
  await wake.wait(undefined, first.signal, second.signal);
  expect([first, second].flatMap(({ signal }) => getEventListeners(signal, "abort"))).toEqual([]);
});
