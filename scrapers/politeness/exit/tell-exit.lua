-- Notes whether a proxy got through to a site; one that fails at several is left alone for all, longer each time.
-- KEYS  1 failures (sorted set: site -> last failure, ms)  2 state (hash)
-- ARGV  1 site  2 '1' = failed  3 how many sites  4 within ms  5 first and 6 longest time to leave it alone, ms
-- Out   ms for which it is left alone
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function whole(n) return string.format('%.0f', n) end
if ARGV[2] ~= '1' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return '0'
end
local till = tonumber(redis.call('HGET', KEYS[2], 'till') or 0)
if till > now then return whole(till - now) end
redis.call('ZADD', KEYS[1], whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now - ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then return '0' end
local strikes = tonumber(redis.call('HGET', KEYS[2], 'strikes') or 0)
local cool = math.min(tonumber(ARGV[6]), ARGV[5] * 2 ^ math.min(strikes, 30))
redis.call('HSET', KEYS[2], 'till', whole(now + cool), 'strikes', whole(strikes + 1))
redis.call('PEXPIRE', KEYS[2], whole(cool + 86400000))
redis.call('DEL', KEYS[1])
return whole(cool)
