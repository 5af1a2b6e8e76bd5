import type { Counted } from "../session/storage-driver.js";

/**
 * Takes one from a token bucket, or with `count: -1` gives one back. The bucket is stored as the time when it is full
 * again (`fullAt`). `wait` is the time until one is available, 0 if one was taken. All times are whole microseconds,
 * because repeated additions must not pile up rounding errors. For drivers that count in the process; for Redis, a Lua
 * script does the same.
 */
export function countIn(
  fullAt: number | undefined,
  { burst, intervalMs }: Counted,
  { count, now }: { count: 1 | -1; now: number },
): { fullAt: number; wait: number } {
  const interval = Math.round(intervalMs * 1_000);
  const max = now + interval * burst;
  // After a clock step or a changed limit, no wait is longer than that of an empty bucket.
  const before = Math.min(Math.max(fullAt ?? now, now), max);
  const wait = Math.max(0, before + interval * count - max);
  return { fullAt: wait > 0 ? before : before + interval * count, wait };
}
