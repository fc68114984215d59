-- Moves a partition forward: position, outputs and small state in one step, or nothing at all.
-- KEYS  1 meta  2 log  3 pend  4 view  5 live  6 outbox  7 snapshot  8 dead  9 late  10 acks  11 accounts
-- ARGV  1 token  2 commit id before  3 commit id after (number:nonce)  4 off  5 n  6 ttl ms  7 trim below, or ''
--       8 outbox trim below, or ''  9 most entries kept in live, dead, late
--       then sections, each a count followed by that many items (pairs count as two):
--       tails · meta pairs · pend pairs · view pairs · view gone · outbox id+fields(JSON) · snapshot pairs ·
--       snapshot gone · dead · late · live · acks pairs · accounts gone · accounts pairs
-- Out   {'TYPE', key, what it is, what it should be} | {'FENCED' | 'DUP' | 'STALE' | 'GONE'} | {'OK' | 'CLOCK', now, last id, entries ever added}
local m = redis.call('HMGET', KEYS[1], 'owner', 'cid', 'live')
if m[1] ~= ARGV[1] then return { 'FENCED' } end
if m[2] ~= ARGV[2] then
  if m[2] == ARGV[3] then return { 'DUP' } end
  return { 'STALE' }
end
local at = 10
local function section()
  local count = tonumber(ARGV[at])
  local from = at + 1
  at = from + count
  return from, at - 1
end
-- The last entry of every read since the last commit must still be there: else a failover took back what we read.
local from, to = section()
for i = from, to do
  if #redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i]) == 0 then return { 'GONE' } end
end
if redis.call('EXISTS', KEYS[2]) == 0 then return { 'GONE' } end
-- The only write below that its id could make fail, when others stand already: an outbox that somebody else wrote to.
local ahead = at
for _ = 1, 4 do ahead = ahead + 1 + tonumber(ARGV[ahead]) end
if tonumber(ARGV[ahead]) > 0 and redis.call('EXISTS', KEYS[6]) == 1 then
  local outbox, newest = redis.call('XINFO', 'STREAM', KEYS[6]), ''
  for i = 1, #outbox, 2 do
    if outbox[i] == 'last-generated-id' then newest = outbox[i + 1] end
  end
  if tonumber(string.match(newest, '^%d+')) >= tonumber(string.match(ARGV[ahead + 1], '^%d+')) then
    return { 'TYPE', KEYS[6], 'stream up to ' .. newest, 'stream that ends before ' .. ARGV[ahead + 1] }
  end
end
local x = redis.call('XINFO', 'STREAM', KEYS[2])
local info = {}
for i = 1, #x, 2 do info[x[i]] = x[i + 1] end
local n = math.min(tonumber(ARGV[5]), info['entries-added'])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
-- First write: allowed when memory is full, and after it everything else in this script is too.
local read = string.format('%.0f', n)
if redis.pcall('XGROUP', 'SETID', KEYS[2], 'weir', ARGV[4], 'ENTRIESREAD', read).err then
  -- Somebody destroyed the group: it comes back where the position is, nowhere else.
  redis.call('HDEL', KEYS[1], '')
  redis.call('XGROUP', 'CREATE', KEYS[2], 'weir', ARGV[4], 'ENTRIESREAD', read)
end
redis.call('HSET', KEYS[1], 'off', ARGV[4], 'n', ARGV[5],
  'exp', string.format('%.0f', now + tonumber(ARGV[6])), 'at', string.format('%.0f', now))
local function pairs_to(key)
  local from, to = section()
  for i = from, to, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
end
local function gone_from(key)
  local from, to = section()
  for i = from, to do redis.call('HDEL', key, ARGV[i]) end
end
pairs_to(KEYS[1])
pairs_to(KEYS[3])
pairs_to(KEYS[4])
gone_from(KEYS[4])
from, to = section()
for i = from, to, 2 do redis.call('XADD', KEYS[6], ARGV[i], 'item', ARGV[i + 1]) end
pairs_to(KEYS[7])
gone_from(KEYS[7])
for key = 8, 9 do
  from, to = section()
  for i = from, to do redis.call('XADD', KEYS[key], 'MAXLEN', '~', ARGV[9], '*', 'row', ARGV[i]) end
end
local live = m[3] or '0-0'
from, to = section()
for i = from, to do
  live = redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[9], '*', 'prev', live, 'frame', ARGV[i])
end
if to >= from then redis.call('HSET', KEYS[1], 'live', live) end
pairs_to(KEYS[10])
gone_from(KEYS[11])
pairs_to(KEYS[11])
-- Last of all: had something above failed, the same commit sent again would fail again, and not be taken for done.
redis.call('HSET', KEYS[1], 'cid', ARGV[3])
-- Without the limit Redis removes ten thousand entries a call, and the rest would stay until it is too old.
if ARGV[7] ~= '' then redis.call('XTRIM', KEYS[2], 'MINID', '~', ARGV[7], 'LIMIT', '0') end
if ARGV[8] ~= '' then redis.call('XTRIM', KEYS[6], 'MINID', ARGV[8]) end
local last = info['last-generated-id']
if tonumber(string.match(last, '^%d+')) > now + 60000 then return { 'CLOCK', now, last, info['entries-added'] } end
return { 'OK', now, last, info['entries-added'] }
