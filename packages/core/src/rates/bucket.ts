import type { Counted } from "../session/storage-driver.js";

/**
 * Counts one, or with -1 takes one back, in a bucket that is kept as the moment at which it is full again (`fullAt`).
 * `wait`: how long until one goes; 0 when it was counted. All in whole microseconds: what is added up again and again must
 * not be rounded. For drivers that count in a process; a script of Redis does the same there.
 */
export function countIn(
  fullAt: number | undefined,
  { burst, intervalMs }: Counted,
  { count, now }: { count: 1 | -1; now: number },
): { fullAt: number; wait: number } {
  const interval = Math.round(intervalMs * 1_000);
  const max = now + interval * burst;
  // A clock that went back, or a limit that was changed, makes nobody wait for more than an empty bucket does.
  const before = Math.min(Math.max(fullAt ?? now, now), max);
  const wait = Math.max(0, before + interval * count - max);
  return { fullAt: wait > 0 ? before : before + interval * count, wait };
}
