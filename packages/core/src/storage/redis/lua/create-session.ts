import { appendEvents } from "./append-events.js";
import { script } from "./script.js";

/**
 * KEYS  record, user's index, user's pointer for the serverId, user's events, credentials
 * ARGV  sessionId, record, ttl (s), id that points to nothing or '', most sessions, credentials or '', log length,
 *       log ttl (s), publish, event…
 * Gives the id of the session that is already there, 0 when the user has the most, or nothing.
 */
export const createSession = script(`${appendEvents}
local there = redis.call('GET', KEYS[3])
if there and there ~= ARGV[4] then return there end
if ARGV[4] ~= '' then redis.call('SREM', KEYS[2], ARGV[4]) end
if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[5]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('SET', KEYS[3], ARGV[1], 'EX', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
if ARGV[6] ~= '' then redis.call('SET', KEYS[5], ARGV[6], 'EX', ARGV[3]) end
append(KEYS[4], ARGV[7], ARGV[8], ARGV[9], 10)
return false
`);
