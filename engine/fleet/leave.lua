-- A process leaves: what it has taken and not ended is due again at once, as if it had never been taken.
-- KEYS  1 workers  2 running  3 due:browser  4 due:http  5 retries  6 processes
-- ARGV  1 worker
-- Out   number of runs handed back
local lines = { browser = KEYS[3], http = KEYS[4] }
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[6], ARGV[1])
local back = 0
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local worker, due, planned, attempt, lane, _, asked, owed =
    string.match(all[i + 1], '^([^\t]*)\t(%d+)\t(%d*)\t(%d+)\t(%a+)\t(%d+)\t(%d)\t(.*)$')
  if worker == ARGV[1] then
    redis.call('HDEL', KEYS[2], all[i])
    redis.call('ZADD', lines[lane], due, all[i])
    redis.call('HSET', KEYS[5], all[i], due .. '\t' .. planned .. '\t' .. attempt .. '\t' .. asked .. '\t' .. owed)
    back = back + 1
  end
end
return back
