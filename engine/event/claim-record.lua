-- Stores a record unless somebody else changed it meanwhile.
-- KEYS[1] hash of records
-- ARGV[1] name of the record   ARGV[2] what the caller last saw, '' for nothing   ARGV[3] the new record
-- Returns 1 where it was stored, else 0.
local now = redis.call('HGET', KEYS[1], ARGV[1])
if (now or '') ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
