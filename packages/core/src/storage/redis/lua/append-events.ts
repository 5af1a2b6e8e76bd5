/**
 * A function for the scripts that change a session: appends ARGV[first..] to the stream, each entry with its
 * predecessor's id (`p`), and announces it on the channel of the same name. `publish`: PUBLISH or SPUBLISH.
 */
export const appendEvents = `
local function append(stream, length, ttl, publish, first)
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  local previous = last[1] and last[1][1] or '0-0'
  for i = first, #ARGV do
    local id = redis.call('XADD', stream, 'MAXLEN', '~', length, '*', 'p', previous, 'e', ARGV[i])
    redis.call(publish, stream, id .. ' ' .. previous .. ' ' .. ARGV[i])
    previous = id
  end
  if first <= #ARGV then redis.call('EXPIRE', stream, ttl) end
end
`;
