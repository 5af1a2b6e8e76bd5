import { script } from "./script.js";

/**
 * Counts one, or takes back one that was counted, in a bucket that is kept as the moment at which it is full again.
 *
 * KEYS  that moment (µs since the epoch); missing when it is full
 * ARGV  interval of one (µs), the most at once, 1 to count one and -1 to take one back
 * Gives 0, or the µs after which one may be counted: then nothing was counted.
 */
export const takeRate = script(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local max = now + interval * burst
local stored = tonumber(redis.call('GET', KEYS[1]) or now) or now
-- Lua reads "nan" as a number, which is the only one that is not itself.
if stored ~= stored then stored = now end
local full = math.min(math.max(stored, now), max)
local wait = full + interval * count - max
-- A clock that went back, or a limit that was changed, makes nobody wait for more than an empty bucket does.
if wait > 0 and stored <= max then return math.ceil(wait) end
if wait <= 0 then full = full + interval * count end
if full <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
return math.max(math.ceil(wait), 0)
`);
