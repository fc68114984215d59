-- For how long a proxy is left alone.
-- KEYS  1 state
-- Out   ms
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local till = tonumber(redis.call('HGET', KEYS[1], 'till') or 0)
return string.format('%.0f', math.max(0, till - now))
