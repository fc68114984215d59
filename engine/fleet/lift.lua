-- Ends what a site is left alone for. A visit that finds out whether it is back goes on doing so.
-- KEYS  1 gate
-- ARGV  none
-- Out   nothing
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HDEL', KEYS[1], 'hold', 'why')
if redis.call('HGET', KEYS[1], 'brk') == 'open' then
  redis.call('HSET', KEYS[1], 'till', string.format('%.0f', now))
end
