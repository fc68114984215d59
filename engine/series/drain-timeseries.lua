-- Writes a piece of closed panes into RedisTimeSeries, if the caller still owns the partition.
-- KEYS  1 meta   2 pend   3 state of the series (hash)   4 directory of groups (zset)   5 expiry of groups (zset)
--       6… time series: for each group of the piece one per column
-- ARGV  1 token   2 field of pend that is done, or ''   3 name of the series, `metric:rung`
--       4 newest pane of the piece, ms   5 retention, ms   6 prefix of the time series' keys
--       7 label of the metric   8 rung   9 columns a point may have, comma separated
--       10 number of columns c   11 number of groups g, then g x (group, its newest pane in ms)
--       then rows x (number of the group 1…g, start of the pane in ms, c values, '' for none), no pane twice
-- Returns {'FENCED', 0} or {'OK', samples refused}.
-- Running it again changes nothing. State `metric:rung` is `newest retention`; what lies before is hidden.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
  return { 'FENCED', 0 }
end
local series, retention, prefix = ARGV[3], tonumber(ARGV[5]), ARGV[6]
local newest = tonumber(ARGV[4])
local known = redis.call('HGET', KEYS[3], series)
if known then
  newest = math.max(newest, tonumber(string.match(known, '^%S+')))
end
local floor = newest - retention
local c, g = tonumber(ARGV[10]), tonumber(ARGV[11])

local samples, empty, refused = {}, {}, 0
for row = 12 + 2 * g, #ARGV, 2 + c do
  local first, at = 5 + (tonumber(ARGV[row]) - 1) * c, ARGV[row + 1]
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
      end
    end
  end
end

-- Writes samples and returns those that were not taken: errors come one by one, inside the answer.
local function write(all)
  local failed = {}
  local replies = #all > 0 and redis.call('TS.MADD', unpack(all)) or {}
  for k, reply in ipairs(replies) do
    if type(reply) == 'table' and reply.err then
      for i = 3 * k - 2, 3 * k do
        failed[#failed + 1] = all[i]
      end
    end
  end
  return failed
end

-- Most likely they failed because their series do not exist yet. Every option is named: the server's defaults
-- might drop samples (IGNORE), and a word among the labels would be taken for an option that is not.
local failed, tried = write(samples), {}
for i = 1, #failed, 3 do
  local key = failed[i]
  if not tried[key] then
    tried[key] = true
    local made = redis.pcall('TS.CREATE', key, 'RETENTION', ARGV[5], 'ENCODING', 'COMPRESSED',
      'CHUNK_SIZE', '512', 'DUPLICATE_POLICY', 'LAST', 'IGNORE', '0', '0',
      'LABELS', 'metric', ARGV[7], 'rung', ARGV[8], 'column', string.match(key, '[^:]+$'))
    if made.err and not string.find(made.err, 'already exists', 1, true) then
      return made
    end
  end
end
refused = refused + #write(failed) / 3
-- A value that is gone takes its sample along; where there is no such series, there is nothing to do.
for _, sample in ipairs(empty) do
  redis.pcall('TS.DEL', sample[1], sample[2], sample[2])
end

for group = 1, g do
  local at = tonumber(ARGV[11 + 2 * group])
  if at >= floor then
    local expiry = string.format('%.0f', at + retention)
    local name = string.match(string.sub(KEYS[6 + (group - 1) * c], #prefix + 1), '^(.*):')
    redis.call('ZADD', KEYS[4], 'GT', expiry, ARGV[10 + 2 * group])
    redis.call('ZADD', KEYS[5], 'GT', expiry, name)
  end
end
if newest >= 0 then
  redis.call('HSET', KEYS[3], series, string.format('%.0f %.0f', newest, retention))
end

-- RedisTimeSeries trims a series when it is written to; of groups that have fallen silent all goes here,
-- a bounded piece at a time, but more than can have come.
local function expired(key)
  local before = '(' .. string.format('%.0f', newest)
  return redis.call('ZRANGEBYSCORE', key, '-inf', before, 'LIMIT', 0, g + 20)
end
for _, name in ipairs(expired(KEYS[5])) do
  local gone = {}
  for each in string.gmatch(ARGV[9], '[^,]+') do
    gone[#gone + 1] = prefix .. name .. ':' .. each
  end
  redis.call('UNLINK', unpack(gone))
  redis.call('ZREM', KEYS[5], name)
end
for _, group in ipairs(expired(KEYS[4])) do
  redis.call('ZREM', KEYS[4], group)
end
if ARGV[2] ~= '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return { 'OK', refused }
