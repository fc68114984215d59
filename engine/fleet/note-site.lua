-- Puts a site on the list of those that have turned us away, and of those that are left alone.
-- KEYS  1 sites  2 holds
-- ARGV  1 site  2 how many are kept  3 for how long, ms  4 left alone for at most so long, ms, 5 or until then, ms
-- Out   nothing
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function int(number) return string.format('%.0f', number) end
redis.call('ZADD', KEYS[1], int(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(now - ARGV[3]))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[2] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], 'GT', int(math.max(now + ARGV[4], tonumber(ARGV[5]))), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', int(now))
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -ARGV[2] - 1)
