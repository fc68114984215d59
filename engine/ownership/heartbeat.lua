-- Says that a worker lives, forgets those who have been silent, and tells who is left. Advisory: leases decide.
-- KEYS  1 workers (sorted set: worker -> server time of its last heartbeat, ms)
-- ARGV  1 worker  2 silent for this long is gone, ms  3 '1' = leave
-- Out   {worker, …} in order of name
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[3] == '1' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], now, ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - tonumber(ARGV[2])))
-- A clock that stepped back leaves heartbeats from the future: they count from now on.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  redis.call('ZADD', KEYS[1], now, id)
end
local live = redis.call('ZRANGE', KEYS[1], 0, -1)
table.sort(live)
return live
