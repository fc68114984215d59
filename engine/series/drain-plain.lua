-- Writes a piece of closed panes into plain hashes, if the caller still owns the partition.
-- KEYS  1 meta   2 pend   3 state of the series (hash)   4 directory of groups (zset)   5 index of chunks (zset)
--       6… chunks (hash: number of the pane -> values as CSV)
-- ARGV  1 token   2 field of pend that is done, or ''   3 name of the series, `metric:rung`
--       4 newest pane of the piece, ms   5 retention, ms   6 size of a pane, ms   7 prefix of chunk keys
--       8 number of groups g, then g x (group, its newest pane in ms)
--       then number of chunks c, then c x (end of the chunk in ms), in the order of KEYS
--       then rows x (number of the chunk 1…c, number of the pane, values)
-- Returns {'FENCED', 0} or {'OK', rows refused for their age}.
-- Running it again changes nothing. State `metric:rung` is `newest retention`; what lies before is hidden.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
  return { 'FENCED', 0 }
end
local series, retention, size, prefix = ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local newest = tonumber(ARGV[4])
local known = redis.call('HGET', KEYS[3], series)
if known then
  newest = math.max(newest, tonumber(string.match(known, '^%S+')))
end
local floor = newest - retention
local i = 9 + 2 * tonumber(ARGV[8])

local chunks = tonumber(ARGV[i])
local ends, used, refused = i, {}, 0
for row = ends + chunks + 1, #ARGV, 3 do
  local chunk = tonumber(ARGV[row])
  if tonumber(ARGV[row + 1]) * size < floor then
    refused = refused + 1
  else
    redis.call('HSET', KEYS[5 + chunk], ARGV[row + 1], ARGV[row + 2])
    used[chunk] = true
  end
end
for chunk in pairs(used) do
  redis.call('ZADD', KEYS[5], ARGV[ends + chunk], string.sub(KEYS[5 + chunk], #prefix + 1))
end
for group = 9, i - 1, 2 do
  local at = tonumber(ARGV[group + 1])
  if at >= floor then
    redis.call('ZADD', KEYS[4], 'GT', string.format('%.0f', at + retention), ARGV[group])
  end
end
if newest >= 0 then
  redis.call('HSET', KEYS[3], series, string.format('%.0f %.0f', newest, retention))
end

-- What has expired goes, a bounded piece at a time, but more than can have come.
local function expired(key, upto)
  return redis.call('ZRANGEBYSCORE', key, '-inf', upto, 'LIMIT', 0, chunks + 20)
end
for _, chunk in ipairs(expired(KEYS[5], string.format('%.0f', floor))) do
  redis.call('UNLINK', prefix .. chunk)
  redis.call('ZREM', KEYS[5], chunk)
end
for _, group in ipairs(expired(KEYS[4], '(' .. string.format('%.0f', newest))) do
  redis.call('ZREM', KEYS[4], group)
end
if ARGV[2] ~= '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return { 'OK', refused }
