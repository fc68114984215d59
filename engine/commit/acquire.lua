-- Takes the lease of a partition, on server time, under a new token.
-- KEYS  1 meta  2 log, and the others of commit.lua
-- ARGV  1 worker  2 nonce  3 ttl ms  4 newest control id (in force where the partition is new)  5 own old token, may be replaced at once
-- Out   {'TYPE', key, what it is, what it should be} | {'HELD', ms left} | {'RESET', off or '' where it is gone, last id} | {'OK', token, now, last id, meta fields…}
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ttl = tonumber(ARGV[3])
local m = redis.call('HMGET', KEYS[1], 'owner', 'exp', 'epoch', 'off', 'n', 'ttl')
local left = (tonumber(m[2]) or 0) - now
-- A lease further away than two of its terms was written under another clock: it protects nobody.
local term = math.max(ttl, tonumber(m[6]) or 0)
if left > 0 and left <= 2 * term and (ARGV[5] == '' or m[1] ~= ARGV[5]) then
  return { 'HELD', left }
end
local off, n = m[4] or '0-0', tonumber(m[5]) or 0
local last, added = '0-0', 0
if redis.call('EXISTS', KEYS[2]) == 1 then
  local x = redis.call('XINFO', 'STREAM', KEYS[2])
  local info = {}
  for i = 1, #x, 2 do info[x[i]] = x[i + 1] end
  last = info['last-generated-id']
  added = info['entries-added']
  -- A group that has moved knows of commits: where the position is gone all the same, it was deleted or evicted.
  for _, group in ipairs(m[4] and {} or redis.call('XINFO', 'GROUPS', KEYS[2])) do
    if group[2] == 'weir' and group[8] ~= '0-0' then return { 'RESET', '', last } end
  end
end
local oms, oseq = parts(off)
local lms, lseq = parts(last)
if oms > lms or (oms == lms and oseq > lseq) then
  return { 'RESET', off, last }
end
-- First write, of nothing: allowed when memory is full, and after it everything else in this script is too.
redis.call('HDEL', KEYS[1], '')
local epoch = (tonumber(m[3]) or 0) + 1
local token = string.format('%.0f', epoch) .. ':' .. ARGV[1] .. ':' .. ARGV[2]
redis.pcall('XGROUP', 'CREATE', KEYS[2], 'weir', off, 'MKSTREAM', 'ENTRIESREAD', string.format('%.0f', math.min(n, added)))
redis.call('XGROUP', 'CREATECONSUMER', KEYS[2], 'weir', ARGV[1])
-- Until something is committed nothing depends on the control state: the newest will do.
redis.call(m[4] and 'HSETNX' or 'HSET', KEYS[1], 'control0', ARGV[4])
redis.call('HSETNX', KEYS[1], 'cid', '0:0')
redis.call('HSET', KEYS[1], 'owner', token, 'epoch', string.format('%.0f', epoch), 'exp', string.format('%.0f', now + ttl),
  'ttl', ARGV[3])
local out = { 'OK', token, now, last }
for _, v in ipairs(redis.call('HGETALL', KEYS[1])) do out[#out + 1] = v end
return out
