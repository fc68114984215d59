-- Takes one row out of a ledger and counts why, once however often it is asked.
-- KEYS  1 dead or late  2 ledger
-- ARGV  1 id of the row  2 counter
-- Out   1 | 0 (was not there)
local gone = redis.call('XDEL', KEYS[1], ARGV[1])
if gone > 0 then redis.call('HINCRBY', KEYS[2], ARGV[2], gone) end
return gone
