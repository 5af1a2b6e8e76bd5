/**
 * A Lua function that asks Redis, and gives nil for a key that holds another type than ours. Such a key is damaged, and
 * must not make everything fail that is read with it. Any other error is raised as usual.
 */
export const ask = `
local function ask(...)
  local answer = redis.pcall(...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  if string.find(answer.err, 'WRONGTYPE', 1, true) then return nil end
  return redis.call(...)
end`;
