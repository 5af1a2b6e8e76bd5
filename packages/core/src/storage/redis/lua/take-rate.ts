import { ask } from "./ask.js";
import { script } from "./script.js";

/**
 * Takes one from a token bucket, or gives one back. The bucket is stored as the time when it is full again.
 *
 * KEYS  that time (µs since the epoch); missing, or of another type, when the bucket is full
 * ARGV  the interval for one (µs), the burst, and 1 to take one or -1 to give one back
 *
 * Returns 0, or the µs until one is available; in that case none was taken.
 */
export const takeRate = script(`${ask}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local max = now + interval * burst
local stored = tonumber(ask('GET', KEYS[1]) or now) or now
-- Lua reads "nan" as a number, the only one that does not equal itself.
if stored ~= stored then stored = now end
local full = math.min(math.max(stored, now), max)
local wait = full + interval * count - max
-- After a clock step or a changed limit, no wait is longer than that of an empty bucket.
if wait > 0 and stored <= max then return math.ceil(wait) end
if wait <= 0 then full = full + interval * count end
if full <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
return math.max(math.ceil(wait), 0)
`);
