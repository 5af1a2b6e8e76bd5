import { expect, test } from "vitest";
import { resolveLimits } from "../limits.js";
import { someUser } from "../samples.fixture.js";
import { AnswerRoom } from "./answer-room.js";
import { Delivery } from "./delivery.js";
import { HeldBytes } from "./held-bytes.js";

test.each([100, 70_000])("an answer of %i bytes holds that much until it is delivered, and no more", (bytes) => {
  const [user, delivery] = [someUser(), new Delivery()];
  const limits = resolveLimits();
  const room = new AnswerRoom({
    ...{ user, limits, maxBytes: limits.resultBytes, mayBeDone: true },
    giveWay: () => undefined,
  });
  const held = () => HeldBytes.ofAnswers.bytesOf(user);
  room.admit();
  room.take(bytes);
  expect(held()).toBeGreaterThan(bytes);
  room.keepFor(delivery);
  expect(held()).toBe(bytes);
  delivery.end();
  expect(held()).toBe(0);
});
