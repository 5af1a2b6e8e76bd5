import { ask } from "./ask.js";
import { script } from "./script.js";

/**
 * Reads a part of a user's event log, no longer than the maximum.
 *
 * KEYS  the log
 * ARGV  the ID to begin with, as in XRANGE; the maximum of entries; the maximum of bytes of their texts
 *
 * Returns 1 if these are all entries that follow, otherwise 0; then for each entry its ID, that of the entry before it,
 * and its text. A key of another type counts as empty.
 */
export const readLog = script(`${ask}
local entries = ask('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2]) or {}
local left = ARGV[3] + 0
local answer = { #entries < ARGV[2] + 0 and 1 or 0 }
for _, entry in ipairs(entries) do
  local previous, text = entry[2][2], entry[2][4]
  if previous and text then
    left = left - #text
    if left < 0 then
      answer[1] = 0
      break
    end
    answer[#answer + 1] = entry[1]
    answer[#answer + 1] = previous
    answer[#answer + 1] = text
  end
end
return answer
`);
