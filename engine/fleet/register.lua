-- A process says which scrapers it has loaded: new ones get their first due time, changed ones a new one.
-- KEYS  1 catalog  2 versions  3 running  4 due:browser  5 due:http  6 strays  7 retries  8 history
-- ARGV  per scraper: name, lane, version, timing, first due ms | '' never, catalog entry (JSON)
-- Out   number of scrapers that got a due time
local lines = { browser = KEYS[4], http = KEYS[5] }
local t = redis.call('TIME')
local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
local set = 0
for i = 1, #ARGV, 6 do
  local name, lane, version, timing, first, entry = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local had = redis.call('HGET', KEYS[2], name) or '\t\t'
  local hadVersion, hadSince, hadTiming = string.match(had, '^([^\t]*)\t([^\t]*)\t(.*)$')
  local since = hadVersion == version and hadSince or now
  redis.call('HSET', KEYS[2], name, version .. '\t' .. since .. '\t' .. timing)
  if hadVersion ~= version then
    -- The newest eight, newest first: who asks what changed before an alarm does not ask further back.
    local loads, n = version .. '\t' .. now, 1
    for load in string.gmatch(redis.call('HGET', KEYS[8], name) or '', '[^\n]+') do
      if n < 8 then loads = loads .. '\n' .. load end
      n = n + 1
    end
    redis.call('HSET', KEYS[8], name, loads)
  end
  redis.call('HSET', KEYS[1], name, entry)
  local other = lines[lane == 'browser' and 'http' or 'browser']
  local moved = redis.call('ZREM', other, name) == 1
  local due = redis.call('ZSCORE', lines[lane], name)
  local stray = redis.call('HGET', KEYS[6], name)
  redis.call('HDEL', KEYS[6], name)
  -- The process that runs it now sets its next due time, by the timing that it knows.
  if redis.call('HEXISTS', KEYS[3], name) == 0 then
    if stray and hadTiming == timing then
      local at, rest = string.match(stray, '^%d+\t%a+\t(%d+)(\t.*)$')
      redis.call('ZADD', lines[lane], at, name)
      redis.call('HSET', KEYS[7], name, at .. rest)
      set = set + 1
    elseif hadTiming ~= timing or moved or not due then
      redis.call('ZREM', lines[lane], name)
      if first ~= '' then
        redis.call('ZADD', lines[lane], first, name)
        set = set + 1
      end
    end
  end
end
return set
