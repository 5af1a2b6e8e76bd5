import { appendEvents } from "./append-events.js";
import { script } from "./script.js";

/**
 * Compare-and-set of a record by the version at its head, with credentials, lives and events. Refuses a missing record,
 * and credentials with another head than the one they are to be written over.
 *
 * KEYS  record, credentials, user's index, pointer, user's events
 * ARGV  head, record, ttl (s), sessionId, 'keep' | 'erase' | 'set', credentials or '', head of the credentials or '',
 *       log length, log ttl (s), publish, event…
 * Gives 1, or 0 when another version of either is stored; then seconds and microseconds.
 */
export const commitSession = script(`${appendEvents}
local time = redis.call('TIME')
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #ARGV[1]) ~= ARGV[1] then return { 0, time[1], time[2] } end
if ARGV[7] ~= '' and redis.call('GETRANGE', KEYS[2], 0, #ARGV[7] - 1) ~= ARGV[7] then return { 0, time[1], time[2] } end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if ARGV[5] == 'set' then redis.call('SET', KEYS[2], ARGV[6], 'EX', ARGV[3])
elseif ARGV[5] == 'erase' then redis.call('DEL', KEYS[2])
else redis.call('EXPIRE', KEYS[2], ARGV[3]) end
redis.call('SADD', KEYS[3], ARGV[4])
redis.call('EXPIRE', KEYS[3], ARGV[3])
redis.call('SET', KEYS[4], ARGV[4], 'EX', ARGV[3])
append(KEYS[5], ARGV[8], ARGV[9], ARGV[10], 11)
return { 1, time[1], time[2] }
`);
