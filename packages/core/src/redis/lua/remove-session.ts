import { script } from "../script.js";
import { appendEvents } from "./append-events.js";

/**
 * Erases a session, unless another version of it is stored.
 *
 * KEYS  record, credentials, user's index, pointer, user's events
 * ARGV  head, sessionId, log length, log ttl (s), event…
 * Gives 1, or 0 when another version is stored or none.
 */
export const removeSession = script(`${appendEvents}
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('SREM', KEYS[3], ARGV[2])
if redis.call('GET', KEYS[4]) == ARGV[2] then redis.call('DEL', KEYS[4]) end
append(KEYS[5], ARGV[3], ARGV[4], 5)
return 1
`);
