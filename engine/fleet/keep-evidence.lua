-- Keeps the evidence of one failure, unless its fingerprint or its scraper has had its share of the day.
-- KEYS  1 items (hash: <id>.about, <id>.screenshot, <id>.html)  2 ages (zset: id by server ms)
--       3 sizes (hash: id -> bytes, total)  4 shares (hash of one day: day, f:<fingerprint>, s:<scraper>, l:<fingerprint>)
-- ARGV  1 fingerprint  2 scraper  3 about  4 screenshot or ''  5 html or ''
--       6 most per fingerprint  7 most per scraper  8 most items  9 most bytes  10 most age ms
-- Out   {'1' = kept, its id or that of the newest of the fingerprint or '', ms of the day's end if it is full now or ''}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local day = string.format('%.0f', math.floor(now / 86400000))
local ends = string.format('%.0f', (day + 1) * 86400000)
if redis.call('HGET', KEYS[4], 'day') ~= day then
  redis.call('DEL', KEYS[4])
  redis.call('HSET', KEYS[4], 'day', day)
  redis.call('PEXPIRE', KEYS[4], 2 * 86400000)
end
local shares = redis.call('HMGET', KEYS[4], 'f:' .. ARGV[1], 's:' .. ARGV[2], 'l:' .. ARGV[1])
local ofPrint = tonumber(shares[1] or '0')
local ofScraper = tonumber(shares[2] or '0')
local mostOfPrint = tonumber(ARGV[6])
local mostOfScraper = tonumber(ARGV[7])
if ofPrint >= mostOfPrint or ofScraper >= mostOfScraper then
  local newest = shares[3] or ''
  if newest ~= '' and not redis.call('ZSCORE', KEYS[2], newest) then newest = '' end
  return { '0', newest, ends }
end

local id = ARGV[1] .. '-' .. day .. '-' .. string.format('%.0f', ofPrint + 1)
local size = #ARGV[3] + #ARGV[4] + #ARGV[5]
local fields = { id .. '.about', ARGV[3] }
if ARGV[4] ~= '' then fields[#fields + 1] = id .. '.screenshot' fields[#fields + 1] = ARGV[4] end
if ARGV[5] ~= '' then fields[#fields + 1] = id .. '.html' fields[#fields + 1] = ARGV[5] end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('ZADD', KEYS[2], string.format('%.0f', now), id)
redis.call('HSET', KEYS[3], id, size)
local total = redis.call('HINCRBY', KEYS[3], 'total', size)
redis.call('HSET', KEYS[4], 'f:' .. ARGV[1], ofPrint + 1, 's:' .. ARGV[2], ofScraper + 1, 'l:' .. ARGV[1], id)

-- Oldest first, never the one just kept. A few at a time: no call is long, and each brings one at most.
local count = redis.call('ZCARD', KEYS[2])
for _ = 1, 20 do
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local tooOld = tonumber(oldest[2]) + tonumber(ARGV[10]) <= now
  if count <= 1 or not (tooOld or count > tonumber(ARGV[8]) or total > tonumber(ARGV[9])) then break end
  local gone = oldest[1]
  total = redis.call('HINCRBY', KEYS[3], 'total', -tonumber(redis.call('HGET', KEYS[3], gone) or '0'))
  redis.call('HDEL', KEYS[1], gone .. '.about', gone .. '.screenshot', gone .. '.html')
  redis.call('HDEL', KEYS[3], gone)
  redis.call('ZREM', KEYS[2], gone)
  count = count - 1
end
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[10]) end
if ofPrint + 1 >= mostOfPrint or ofScraper + 1 >= mostOfScraper then return { '1', id, ends } end
return { '1', id, '' }
