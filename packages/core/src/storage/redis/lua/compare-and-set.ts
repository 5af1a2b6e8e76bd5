import { script } from "./script.js";

/**
 * Replaces a text while it begins with the head.
 *
 * KEYS  key
 * ARGV  head, value, ttl (s) or '' to keep the life it has
 * Gives 1 or 0.
 */
export const compareAndSet = script(`
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
`);
