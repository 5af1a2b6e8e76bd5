import { logLifeMs, maxLogEvents } from "../../../session/storage-driver.js";
import { ask } from "./ask.js";
import { script } from "./script.js";

/**
 * Performs one commit completely or not at all. `publish` is the command that announces an event to a channel's
 * listeners; with Redis Cluster, SPUBLISH announces it only within the channel's shard.
 *
 * KEYS  all keys, each once
 * ARGV  the plan; then all texts, each once; then the end of the channel's name, and the events
 *
 * The plan is a list of comparisons, a semicolon, and a list of changes. Each is a letter and the number of a key, and
 * may have another number after a comma. `text` is an index into ARGV.
 *
 *   h key,text   the value exists and begins with the text; H also returns the value
 *   e key,text   the value equals the text
 *   n key        the value does not exist
 *   m key,text   the index has the member
 *   r key,text   not a comparison: the member will be removed, so later counts leave it out
 *   f key,count  the index has fewer members than this
 *   o key,bytes  not a comparison: the key that `b` leaves out, which ends with an ID of so many bytes
 *   b key,bytes  the other keys that end with a member of the index instead have together at most so many bytes
 *
 *   l ms         the lifetime for the following changes
 *   s key,text   set
 *   k key,text   set, and keep the remaining lifetime
 *   t key        renew
 *   d key        erase
 *   x key,text   erase if it equals the text
 *   a key,text   add the member, and renew the index
 *   r key,text   remove the member
 *   p key,text   append all texts after this one to the event log, and announce them on the channel whose name is that of
 *                the log and this text
 *
 * A key that holds another type than ours counts as an empty text, index or log, and is replaced by what is written.
 *
 * Returns seconds, microseconds, 0 and the requested texts. If a comparison fails, returns its number instead of 0,
 * then what was there and its remaining lifetime (ms).
 */
const source = (publish: "PUBLISH" | "SPUBLISH") => `${ask}
local comparisons, changes = string.match(ARGV[1], '([^;]*);(.*)')
local steps = string.gmatch
local step = '(%a)(%d+),?(%d*)'
local call = redis.call
local time = call('TIME')
local answer = { time[1], time[2], 0 }
local compared, leaving = 0, 0
local besides, before

for verb, key, at in steps(comparisons, step) do
  local name, text = KEYS[key + 0], ARGV[tonumber(at)]
  if verb == 'r' then
    leaving = leaving + (ask('SISMEMBER', name, text) or 0)
  elseif verb == 'o' then
    besides, before = name, string.sub(name, 1, #name - at)
  else
    compared = compared + 1
    local holds, there, left = false, false, 0
    if verb == 'm' then
      holds = ask('SISMEMBER', name, text) == 1
    elseif verb == 'f' then
      there = (ask('SCARD', name) or 0) - leaving
      holds = there < at + 0
    elseif verb == 'b' then
      there = 0
      for _, member in ipairs(ask('SMEMBERS', name) or {}) do
        local other = before .. member
        if other ~= besides then there = there + (ask('STRLEN', other) or 0) end
      end
      holds = there <= at + 0
    else
      there = ask('GET', name)
      if there == nil then there = '' end
      if verb == 'n' then holds = not there
      elseif verb == 'e' then holds = there == text
      else holds = there and string.sub(there, 1, #text) == text end
      if there and not holds then left = call('PTTL', name) end
    end
    if not holds then return { time[1], time[2], compared, there, left } end
    if verb == 'H' then answer[#answer + 1] = there end
  end
end

local life
for verb, key, at in steps(changes, step) do
  local name, text = KEYS[key + 0], ARGV[tonumber(at)]
  if verb == 'l' then life = key
  elseif verb == 's' then call('SET', name, text, 'PX', life)
  elseif verb == 'a' then
    if not ask('SADD', name, text) then
      call('DEL', name)
      call('SADD', name, text)
    end
    call('PEXPIRE', name, life)
  elseif verb == 't' then call('PEXPIRE', name, life)
  elseif verb == 'd' then call('DEL', name)
  elseif verb == 'x' then if ask('GET', name) == text then call('DEL', name) end
  elseif verb == 'r' then ask('SREM', name, text)
  elseif verb == 'k' then call('SET', name, text, 'KEEPTTL')
  elseif verb == 'p' then
    local last = ask('XREVRANGE', name, '+', '-', 'COUNT', 1)
    if not last then
      call('DEL', name)
      last = {}
    end
    local previous = last[1] and last[1][1] or '0-0'
    for place = at + 1, #ARGV do
      local event = ARGV[place]
      local id = call('XADD', name, 'MAXLEN', '~', ${maxLogEvents}, '*', 'p', previous, 'e', event)
      call('${publish}', name .. text, id .. ' ' .. previous .. ' ' .. event)
      previous = id
    end
    call('PEXPIRE', name, ${logLifeMs})
  end
end
return answer
`;

export const commitAndPublish = script(source("PUBLISH"));
export const commitAndPublishInShard = script(source("SPUBLISH"));
