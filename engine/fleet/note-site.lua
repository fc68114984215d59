-- Puts a site on the list of those that have turned us away.
-- KEYS  1 sites
-- ARGV  1 site  2 how many are kept  3 for how long, ms
-- Out   nothing
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[3]))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[2] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
