import { logLength, logLifeMs } from "../../../session/storage-driver.js";
import { script } from "./script.js";

/**
 * Does one commit, or nothing. `publish`: what announces an event to the listeners of a channel; with Redis Cluster, to those
 * of its shard alone.
 *
 * KEYS  all keys, once
 * ARGV  the plan; then all texts, once, the events last
 *
 * The plan is a row of steps, each a letter, the number of a key, and what follows a comma; `text` is a place in ARGV.
 *
 *   h key,text   compare: the value is there and begins with the text; H answers it, too
 *   e key,text   compare: the value is the text
 *   n key        compare: there is no value
 *   m key,text   compare: the index has the member
 *   f key,count  compare: the index has fewer members, those to be removed not counted
 *   r key,text   remove the member, in the plan before all comparisons
 *   l ms         the life of what follows
 *   s key,text   set
 *   k key,text   set, and keep the life
 *   t key        renew
 *   d key        erase
 *   x key,text   erase if it is the text
 *   a key,text   add the member, and renew the index
 *   p key,text   append all texts from this one on to the event log, and announce them
 *
 * Gives seconds, microseconds, 0, and the texts asked for; or instead of 0 the number of the comparison that failed, with
 * what was there and the ms that it has left.
 */
const source = (publish: "PUBLISH" | "SPUBLISH") => `
local plan = ARGV[1]
local step = '(%a)(%d+),?(%d*)'
local time = redis.call('TIME')
local answer = { time[1], time[2], 0 }
local compared, leaving = 0, 0

for verb, key, at in string.gmatch(plan, step) do
  local name, text = KEYS[tonumber(key)], ARGV[tonumber(at)]
  local holds, there, left = true, false, 0
  if verb == 'r' then
    leaving = leaving + redis.call('SISMEMBER', name, text)
  elseif string.find(verb, '[hHen]') then
    there = redis.call('GET', name)
    if verb == 'n' then holds = not there
    elseif verb == 'e' then holds = there == text
    else holds = there and string.sub(there, 1, #text) == text end
    if not holds and there then left = redis.call('PTTL', name) end
  elseif verb == 'm' then
    holds = redis.call('SISMEMBER', name, text) == 1
  elseif verb == 'f' then
    there = redis.call('SCARD', name) - leaving
    holds = there < tonumber(at)
  end
  if string.find(verb, '[hHenmf]') then compared = compared + 1 end
  if not holds then return { time[1], time[2], compared, there, left } end
  if verb == 'H' then answer[#answer + 1] = there end
end

local life
for verb, key, at in string.gmatch(plan, step) do
  local name, text = KEYS[tonumber(key)], ARGV[tonumber(at)]
  if verb == 'l' then life = key
  elseif verb == 's' then redis.call('SET', name, text, 'PX', life)
  elseif verb == 'k' then redis.call('SET', name, text, 'KEEPTTL')
  elseif verb == 't' then redis.call('PEXPIRE', name, life)
  elseif verb == 'd' then redis.call('DEL', name)
  elseif verb == 'x' then if redis.call('GET', name) == text then redis.call('DEL', name) end
  elseif verb == 'r' then redis.call('SREM', name, text)
  elseif verb == 'a' then
    redis.call('SADD', name, text)
    redis.call('PEXPIRE', name, life)
  elseif verb == 'p' then
    local last = redis.call('XREVRANGE', name, '+', '-', 'COUNT', 1)
    local previous = last[1] and last[1][1] or '0-0'
    for place = tonumber(at), #ARGV do
      local id = redis.call('XADD', name, 'MAXLEN', '~', ${logLength}, '*', 'p', previous, 'e', ARGV[place])
      redis.call('${publish}', name, id .. ' ' .. previous .. ' ' .. ARGV[place])
      previous = id
    end
    redis.call('PEXPIRE', name, ${logLifeMs})
  end
end
return answer
`;

export const commitAndPublish = script(source("PUBLISH"));
export const commitAndPublishInShard = script(source("SPUBLISH"));
