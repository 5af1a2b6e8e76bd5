import { script } from "./script.js";

/**
 * Gives up a lock that is still one's own.
 *
 * KEYS  lock
 * ARGV  owner
 */
export const releaseLock = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);
