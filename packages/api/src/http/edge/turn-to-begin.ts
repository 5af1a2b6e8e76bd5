import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * How many requests begin in one turn of the event loop. One may be a batch of twenty calls, and a user may send many at
 * one moment, so without this the answers to others would wait until all of them have begun.
 */
const maxPerTurn = 4;

const waiting: (() => void)[] = [];
let begun = 0;

/** Resolves when the next request may begin. */
export function turnToBegin(): Promise<void> | undefined {
  if (begun === 0) void nextTurn().then(next);
  if (begun === maxPerTurn) return new Promise((resolve) => waiting.push(resolve));
  begun += 1;
  return undefined;
}

function next(): void {
  const beginning = waiting.splice(0, maxPerTurn);
  begun = beginning.length;
  for (const begin of beginning) begin();
  if (begun > 0) void nextTurn().then(next);
}
