import { expect, onTestFinished } from "vitest";
import { HeldBytes } from "../src/budgets/held-bytes.js";

/** The room of the whole process (bytes). */
const roomBytes = 200_000;
/** As others who hold less than any newcomer wants, no one gives way. */
const heldEach = 4_000;

/** The limits of an app that has only that room. */
export const smallRoom = { answerBytes: 1, resultBytes: roomBytes, toolListBytes: roomBytes };

/** Other users fill the process, except for these bytes. Returns the function that ends that. */
export function fill(except = 0): () => void {
  const room = { perUser: roomBytes, inAll: roomBytes };
  const holdings = Array.from({ length: (roomBytes - except) / heldEach }, (_, index) =>
    HeldBytes.ofAnswers.hold(`other ${index}`, room, () => undefined),
  );
  for (const holding of holdings) expect(holding.take(heldEach)).toBeUndefined();
  const empty = () => {
    for (const holding of holdings) holding.giveBack();
  };
  onTestFinished(empty);
  return empty;
}

/** The error when there is no room. */
export const busy = {
  code: "LIMIT_EXCEEDED",
  message: "This app is busy: it is already reading as many answers as it can",
  ...{ retryable: true, retryAfter: 2_000 },
};
