import { ask } from "./ask.js";
import { script } from "./script.js";

/**
 * Reads any number of rows of one partition. Renews a row when less than 90 % of its lifetime is left.
 *
 * KEYS  the index, if there is one; then for each row the keys of the values to return, and of those beside them
 * ARGV  separated by spaces: the lifetime (ms), or 0 to renew nothing; how many values of a row are returned; how many
 *       it has in KEYS in total; where in the row's first key its id begins, or 0 without an index; and the maximum of
 *       bytes; then the kinds of further values beside a row, whose keys are like its first one, but for the kind before
 *       the id
 *
 * Returns seconds, microseconds, then for each row its values (nil if missing, empty if of another type), and 1 if the
 * index names it, else 0. If the values have more than the maximum of bytes, nothing is read or renewed: then only their
 * bytes follow.
 */
export const readRows = script(`${ask}
local life, answered, width, idAt, most, kinds = string.match(ARGV[1], '(%d+) (%d+) (%d+) (%d+) (%d+)(.*)')
local index = idAt ~= '0' and KEYS[1]
local call = redis.call
local time = call('TIME')
local answer = { time[1], time[2] }
local bytes = 0
for first = index and 2 or 1, #KEYS, width + 0 do
  for key = first, first + answered - 1 do bytes = bytes + (ask('STRLEN', KEYS[key]) or 0) end
end
if bytes > most + 0 then return { time[1], time[2], bytes } end
for first = index and 2 or 1, #KEYS, width + 0 do
  local row = KEYS[first]
  local id = string.sub(row, idAt)
  local named = index and ask('SISMEMBER', index, id) or 0
  local there = false
  for key = first, first + answered - 1 do
    local text = ask('GET', KEYS[key])
    if text == nil then text = '' end
    if key == first then there = text end
    answer[#answer + 1] = text
  end
  answer[#answer + 1] = named
  if not there then
    if named == 1 then call('SREM', index, id) end
  elseif life ~= '0' and (named == 1 or not index) and call('PTTL', row) < life * 0.9 then
    if index then call('PEXPIRE', index, life) end
    for key = first, first + width - 1 do call('PEXPIRE', KEYS[key], life) end
    local before = string.match(string.sub(row, 1, idAt - 2), '^.*:') or ''
    for kind in string.gmatch(kinds, '%a+') do call('PEXPIRE', before .. kind .. ':' .. id, life) end
  end
end
return answer
`);
