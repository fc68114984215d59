-- What is known of a site's robots.txt; whoever finds nothing, or something old, is to ask for it, one at a time.
-- KEYS  1 robots (hash)
-- ARGV  1 token of the asker  2 how long it may take, ms  3 longest time anything is believed, ms
-- Out   {'known', ms left, rules, why nothing is allowed or ''} | {'ask'} | {'wait'}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local m = redis.call('HMGET', KEYS[1], 'till', 'rules', 'why', 'asker', 'asking')
local left = tonumber(m[1] or 0) - now
if left > 0 and left <= tonumber(ARGV[3]) then
  return { 'known', string.format('%.0f', left), m[2] or '', m[3] or '' }
end
if m[4] and m[4] ~= ARGV[1] and tonumber(m[5]) > now then return { 'wait' } end
redis.call('HSET', KEYS[1], 'asker', ARGV[1], 'asking', string.format('%.0f', now + ARGV[2]))
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return { 'ask' }
