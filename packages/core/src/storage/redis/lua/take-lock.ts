import { script } from "./script.js";

/**
 * Takes a lock while a value is as expected: with that head, or missing when the head is empty.
 *
 * KEYS  value, lock
 * ARGV  head or '', owner, life of the lock (ms)
 * Gives { 'changed', value or nothing }, { 'yours', value or nothing } or { 'theirs', life that is left (ms) }.
 */
export const takeLock = script(`
local stored = redis.call('GET', KEYS[1])
local expected
if ARGV[1] == '' then expected = not stored
else expected = stored and string.sub(stored, 1, #ARGV[1]) == ARGV[1] end
if not expected then return { 'changed', stored } end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return { 'yours', stored } end
return { 'theirs', redis.call('PTTL', KEYS[2]) }
`);
