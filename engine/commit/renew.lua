-- Keeps the lease of a quiet partition, and appends what only its owner may append: ticks and control markers.
-- KEYS  1 meta  2 log
-- ARGV  1 token  2 ttl ms  3 off  4 n  5 '1' = append a tick, or a word on the clock  6 control id to mark, or ''
--       7 '1' = release  8 '1' = the fold holds the log's clock for ahead
-- Out   {'FENCED' | 'STALE' | 'GONE'} | {'OK' | 'CLOCK', now, last id}
local m = redis.call('HMGET', KEYS[1], 'owner', 'off')
if m[1] ~= ARGV[1] then return { 'FENCED' } end
-- A quiet partition learns here that a failover took its last commits back: it may have read further than the log goes.
if (m[2] or '0-0') ~= ARGV[3] then return { 'STALE' } end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('EXISTS', KEYS[2]) == 0 then return { 'GONE' } end
local x = redis.call('XINFO', 'STREAM', KEYS[2])
local info = {}
for i = 1, #x, 2 do info[x[i]] = x[i + 1] end
local last = info['last-generated-id']
local n = math.min(tonumber(ARGV[4]), info['entries-added'])
-- First write: allowed when memory is full, and after it everything else in this script is too.
local read = string.format('%.0f', n)
if redis.pcall('XGROUP', 'SETID', KEYS[2], 'weir', ARGV[3], 'ENTRIESREAD', read).err then
  -- Somebody destroyed the group: it comes back where the position is, nowhere else.
  redis.call('HDEL', KEYS[1], '')
  redis.call('XGROUP', 'CREATE', KEYS[2], 'weir', ARGV[3], 'ENTRIESREAD', read)
end
local exp = now + tonumber(ARGV[2])
if ARGV[7] == '1' then exp = now end
redis.call('HSET', KEYS[1], 'exp', string.format('%.0f', exp))
local verdict = 'OK'
if tonumber(string.match(last, '^%d+')) > now + 60000 then verdict = 'CLOCK' end
-- A log at its last possible id takes nothing more: no reason to lose the lease.
local function add(...)
  local id = redis.pcall('XADD', KEYS[2], '*', 'weir', ...)
  if type(id) == 'string' then last = id end
end
if ARGV[6] ~= '' then add('control/1', 'id', ARGV[6]) end
if ARGV[5] == '1' then
  local at = string.format('%.0f', now)
  if verdict == 'CLOCK' then add('clock/1', 'is', 'ahead', 'at', at)
  elseif ARGV[8] == '1' then add('clock/1', 'is', 'right', 'at', at)
  else add('tick/1', 'by', ARGV[1]) end
end
return { verdict, now, last }
