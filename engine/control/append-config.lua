-- Appends a config to the control log, unless somebody appended first or a stream would change its partitions.
-- KEYS  1 control log  2 partitions (stream -> count)
-- ARGV  1 id of the newest entry as the caller knows it, '0-0' for none  2 hash  3 by  4 config (JSON)
--       5... stream, partitions, ...
-- Out   {'OK', id} | {'MOVED'} | {'PARTITIONS', stream, partitions it has}
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if (newest[1] and newest[1][1] or '0-0') ~= ARGV[1] then return { 'MOVED' } end
for i = 5, #ARGV, 2 do
  local has = redis.call('HGET', KEYS[2], ARGV[i])
  if has and has ~= ARGV[i + 1] then return { 'PARTITIONS', ARGV[i], has } end
end
for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return { 'OK', redis.call('XADD', KEYS[1], '*', 'kind', 'config', 'hash', ARGV[2], 'by', ARGV[3], 'config', ARGV[4]) }
