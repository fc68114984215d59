-- The id of the newest entry of a stream, without reading it.
-- KEYS  1 stream
-- Out   id ('0-0' where there is none)
if redis.call('EXISTS', KEYS[1]) == 0 then return '0-0' end
local x = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #x, 2 do
  if x[i] == 'last-generated-id' then return x[i + 1] end
end
