import { script } from "./script.js";

/**
 * Reads any number of one user's sessions and renews what is left of their lives, when less than 90 % is.
 *
 * KEYS  user's index, then for each session: record, credentials, pointer
 * ARGV  ttl (ms), sessionId…
 * Gives seconds, microseconds, then for each session: record or nothing, credentials or nothing, 1 when the index names it.
 */
export const readSessions = script(`
local time = redis.call('TIME')
local answer = { time[1], time[2] }
local ttl = tonumber(ARGV[1])
for i = 2, #ARGV do
  local at = 2 + (i - 2) * 3
  local record = redis.call('GET', KEYS[at])
  local credentials = redis.call('GET', KEYS[at + 1])
  local named = redis.call('SISMEMBER', KEYS[1], ARGV[i])
  if not record then
    if named == 1 then redis.call('SREM', KEYS[1], ARGV[i]) end
  elseif named == 1 and redis.call('PTTL', KEYS[at]) < ttl * 0.9 then
    redis.call('PEXPIRE', KEYS[1], ttl)
    for key = at, at + 2 do redis.call('PEXPIRE', KEYS[key], ttl) end
  end
  answer[#answer + 1] = record
  answer[#answer + 1] = credentials
  answer[#answer + 1] = named
end
return answer
`);
