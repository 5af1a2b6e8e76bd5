import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { runShared } from "../process-wide.js";
import { Delivery } from "./delivery.js";
import { HeldBytes } from "./held-bytes.js";

function holding() {
  const held = new HeldBytes();
  const one = held.hold("ada", { perUser: 100, inAll: 100 }, () => undefined);
  one.take(10);
  return { held, one };
}

test("what an answer starts works for it, until the answer is over", async () => {
  const delivery = new Delivery();
  const seen: (Delivery | undefined)[] = [];
  const looking = delivery.run(async () => {
    for (let count = 0; count < 2; count += 1) {
      await pause(1);
      seen.push(Delivery.current());
      delivery.end();
    }
  });
  await looking;
  expect(seen).toEqual([delivery, undefined]);
});

test("work outside belongs to no answer, and neither does what it starts", async () => {
  const delivery = new Delivery();
  const seen = delivery.run(() =>
    runShared(async () => {
      await pause(1);
      return Delivery.current();
    }),
  );
  expect(await seen).toBeUndefined();
  expect(delivery.run(() => Delivery.current())).toBe(delivery);
});

test("what still works for a stopped answer finds it stopped, and keeps nothing for it", () => {
  const delivery = new Delivery();
  const [before, after] = [holding(), holding()];
  delivery.keep(before.one);
  delivery.stop(new Error("stopped"));
  expect(delivery.run(() => Delivery.current()?.stopped.reason)).toEqual(new Error("stopped"));
  delivery.keep(after.one);
  expect([before.held.bytes, after.held.bytes, delivery.isEmpty]).toEqual([0, 0, true]);
  delivery.end();
  expect(delivery.run(() => Delivery.current())).toBeUndefined();
});
