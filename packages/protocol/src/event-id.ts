/** A position in a user's event log: a Redis stream id of milliseconds and a counter. `0-0` is before all others. */
export type EventId = string;

export const beginning: EventId = "0-0";

const pattern = /^(\d{1,20})-(\d{1,20})$/;

/** The largest number in an id. Redis refuses larger ones with an error. */
const maxNumber = 2n ** 64n - 1n;

/** Whether a text has the format of an event id. */
export function isEventId(text: string): boolean {
  return pattern.test(text) && text.split("-").every((number) => BigInt(number) <= maxNumber);
}

/** Negative if `a` was logged before `b`, 0 if they are equal, else positive. Throws a RangeError for other text. */
export function compareEventIds(a: EventId, b: EventId): number {
  const [left, right] = [pattern.exec(a), pattern.exec(b)];
  if (!left?.[1] || !left[2] || !right?.[1] || !right[2]) throw new RangeError("Not an event id");
  const order = BigInt(left[1]) - BigInt(right[1]) || BigInt(left[2]) - BigInt(right[2]);
  return order < 0n ? -1 : order > 0n ? 1 : 0;
}
