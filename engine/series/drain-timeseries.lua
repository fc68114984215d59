-- Writes a piece of closed panes into RedisTimeSeries, if the caller still owns the partition.
-- KEYS  1 meta   2 pend   3 state of the series (hash)   4 directory of groups (zset)
--       5… time series: for each group of the piece one per column
-- ARGV  1 token   2 field of pend that is done, or ''   3 metric   4 rung
--       5 newest pane of the piece, ms   6 retention, ms   7 prefix of the metric's keys
--       8 rungs a metric may have and 9 columns a point may have, comma separated   10 label of the metric
--       11 number of columns c, then their c names
--       then number of groups g, then g x (group, its newest pane in ms)
--       then rows x (number of the group 1…g, start of the pane in ms, c values, '' for none)
-- Returns {'FENCED', 0} or {'OK', samples refused}.
-- Running it again changes nothing. State `metric:rung` is `newest retention`; what lies before is hidden.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
  return { 'FENCED', 0 }
end
local metric, rung, retention, prefix = ARGV[3], ARGV[4], tonumber(ARGV[6]), ARGV[7]
local series = metric .. ':' .. rung
local newest = tonumber(ARGV[5])
local known = redis.call('HGET', KEYS[3], series)
if known then
  newest = math.max(newest, tonumber(string.match(known, '^%S+')))
end
local floor = newest - retention
local c = tonumber(ARGV[11])
local groups = 12 + c
local g = tonumber(ARGV[groups])

local samples, columns, empty, refused = {}, {}, {}, 0
for row = groups + 2 * g + 1, #ARGV, 2 + c do
  local first, at = 4 + (tonumber(ARGV[row]) - 1) * c, ARGV[row + 1]
  if tonumber(at) < floor then
    refused = refused + 1
  else
    for k = 1, c do
      local value = ARGV[row + 1 + k]
      if value == '' then
        empty[#empty + 1] = { KEYS[first + k], at }
      else
        samples[#samples + 1] = KEYS[first + k]
        samples[#samples + 1] = at
        samples[#samples + 1] = value
        columns[#columns + 1] = ARGV[11 + k]
      end
    end
  end
end

if #samples > 0 then
  local replies = redis.call('TS.MADD', unpack(samples))
  for k, reply in ipairs(replies) do
    if type(reply) == 'table' and reply.err then
      -- Most likely the series does not exist yet. One that does answers with an error: no matter.
      local key = samples[3 * k - 2]
      redis.pcall('TS.CREATE', key, 'RETENTION', ARGV[6], 'CHUNK_SIZE', '512', 'DUPLICATE_POLICY', 'LAST',
        'LABELS', 'metric', ARGV[10], 'rung', rung, 'column', columns[k])
      local again = redis.pcall('TS.ADD', key, samples[3 * k - 1], samples[3 * k])
      if type(again) == 'table' and again.err then
        refused = refused + 1
      end
    end
  end
end
-- A value that is gone takes its sample along; where there is no such series, there is nothing to do.
for _, sample in ipairs(empty) do
  redis.pcall('TS.DEL', sample[1], sample[2], sample[2])
end

for group = groups + 1, groups + 2 * g, 2 do
  local at = tonumber(ARGV[group + 1])
  if at >= floor then
    redis.call('ZADD', KEYS[4], 'GT', string.format('%.0f', at + retention), ARGV[group])
  end
end
if newest >= 0 then
  redis.call('HSET', KEYS[3], series, string.format('%.0f %.0f', newest, retention))
end

-- RedisTimeSeries trims what it holds; a group that has nothing left goes as a whole, a few at a time.
local gone = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. string.format('%.0f', newest), 'LIMIT', 0, 5)
for _, group in ipairs(gone) do
  local name = #group <= 100 and group or '#' .. redis.sha1hex(group)
  for each in string.gmatch(ARGV[8], '[^,]+') do
    for column in string.gmatch(ARGV[9], '[^,]+') do
      redis.call('UNLINK', prefix .. each .. ':' .. name .. ':' .. column)
    end
  end
  redis.call('ZREM', KEYS[4], group)
end
if ARGV[2] ~= '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return { 'OK', refused }
