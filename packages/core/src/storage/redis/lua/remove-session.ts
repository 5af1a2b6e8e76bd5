import { appendEvents } from "./append-events.js";
import { script } from "./script.js";

/**
 * Erases a session: the version that its head tells, or whatever the user's index names when the head is empty.
 *
 * KEYS  record, credentials, user's index, pointer, user's events
 * ARGV  head or '', sessionId, log length, log ttl (s), publish, event…
 * Gives 1, or 0 when another version is stored or none.
 */
export const removeSession = script(`${appendEvents}
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
if ARGV[1] == '' and redis.call('SISMEMBER', KEYS[3], ARGV[2]) == 0 then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('SREM', KEYS[3], ARGV[2])
if redis.call('GET', KEYS[4]) == ARGV[2] then redis.call('DEL', KEYS[4]) end
append(KEYS[5], ARGV[3], ARGV[4], ARGV[5], 6)
return 1
`);
