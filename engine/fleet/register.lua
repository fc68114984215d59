-- A process says which scrapers it has loaded: new ones get their first due time, changed ones a new one. What has come
-- due keeps its place, and the timing that it came due by: it must have its end.
-- KEYS  1 catalog  2 versions  3 running  4 due:browser  5 due:http  6 strays  7 retries  8 history
-- ARGV  per scraper: name, lane, version, timing, first due ms | '' never, latest due time that can be meant, ms,
--       catalog entry (JSON)
-- Out   number of scrapers that got a due time
local lines = { browser = KEYS[4], http = KEYS[5] }
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function int(number) return string.format('%.0f', number) end
-- With nothing after its last tab, `text` owes nothing. What is owed already says by which timing.
local function owing(text, timing)
  if not string.match(text, '\t$') then return text end
  return text .. cjson.encode({ died = cjson.null, missed = cjson.null, run = true, timing = timing })
end
local set = 0
for i = 1, #ARGV, 7 do
  local name, lane, version, timing, first, latest, entry = unpack(ARGV, i, i + 6)
  local had = redis.call('HGET', KEYS[2], name) or '\t\t'
  local hadVersion, hadSince, hadTiming = string.match(had, '^([^\t]*)\t([^\t]*)\t(.*)$')
  local since = hadVersion == version and hadSince or int(now)
  redis.call('HSET', KEYS[2], name, version .. '\t' .. since .. '\t' .. timing)
  if hadVersion ~= version then
    -- The newest eight, newest first: who asks what changed before an alarm does not ask further back.
    local loads, n = version .. '\t' .. int(now), 1
    for load in string.gmatch(redis.call('HGET', KEYS[8], name) or '', '[^\n]+') do
      if n < 8 then loads = loads .. '\n' .. load end
      n = n + 1
    end
    redis.call('HSET', KEYS[8], name, loads)
  end
  redis.call('HSET', KEYS[1], name, entry)
  local line, other = lines[lane], lines[lane == 'browser' and 'http' or 'browser']
  local due = tonumber(redis.call('ZSCORE', line, name) or redis.call('ZSCORE', other, name) or nil)
  local moved = redis.call('ZREM', other, name) == 1
  local stray = redis.call('HGET', KEYS[6], name)
  redis.call('HDEL', KEYS[6], name)
  local changed = hadTiming ~= timing
  local run = redis.call('HGET', KEYS[3], name)
  if run then
    -- The process that runs it now sets its next due time, by the timing that it knows. Where it is dead, or the run
    -- was asked for, who takes it next counts what has passed: by the timing of before.
    if changed and hadTiming ~= '' then redis.call('HSET', KEYS[3], name, owing(run, hadTiming)) end
  else
    local note = redis.call('HGET', KEYS[7], name)
    if stray then
      local at, rest = string.match(stray, '^%d+\t%a+\t(%d+)(\t.*)$')
      due, note = tonumber(at), at .. rest
    end
    if note or (due and due <= now) then
      if changed and hadTiming ~= '' then
        note = owing(note or int(due) .. '\t' .. int(due) .. '\t0\t0\t', hadTiming)
      end
      if note then redis.call('HSET', KEYS[7], name, note) end
      redis.call('ZADD', line, int(math.min(due or now, now)), name)
      set = set + 1
    elseif changed or not due or due > tonumber(latest) then
      redis.call('ZREM', line, name)
      if first ~= '' then
        redis.call('ZADD', line, first, name)
        set = set + 1
      end
    elseif moved then
      redis.call('ZADD', line, int(due), name)
      set = set + 1
    end
  end
end
return set
