-- Keeps what a site said, or that it said nothing; only whoever was to ask may.
-- KEYS  1 robots (hash)
-- ARGV  1 token of the asker  2 'rules' | 'silent' | 'refused'  3 rules  4 why nothing is allowed
--       5 how long rules are believed  6 how long old ones are where the site is silent  7 when silence is asked again
--       8 when everything is forgotten, all ms
-- Out   {ms left, rules, why} | {} where somebody else asks by now, or nobody asked the site
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('HGET', KEYS[1], 'asker') ~= ARGV[1] then return {} end
redis.call('HDEL', KEYS[1], 'asker', 'asking')
if ARGV[2] == 'refused' then return {} end
local function whole(n) return string.format('%.0f', n) end
local keep = tonumber(ARGV[5])
if ARGV[2] == 'rules' then
  redis.call('HSET', KEYS[1], 'rules', ARGV[3], 'why', '', 'got', whole(now), 'till', whole(now + keep))
  redis.call('PEXPIRE', KEYS[1], ARGV[8])
else
  -- RFC 9309 §2.4: older rules may be used while the file is unreachable.
  local got = tonumber(redis.call('HGET', KEYS[1], 'got') or 0)
  local old = got > 0 and now - got < tonumber(ARGV[8])
  keep = tonumber(old and ARGV[6] or ARGV[7])
  redis.call('HSET', KEYS[1], 'why', old and '' or ARGV[4], 'till', whole(now + keep))
  if not old then redis.call('PEXPIRE', KEYS[1], whole(keep + 60000)) end
end
local m = redis.call('HMGET', KEYS[1], 'rules', 'why')
return { whole(keep), m[1] or '', m[2] or '' }
