-- All that can be seen of one partition at one moment. Reads only, and a bounded amount.
-- KEYS  1 meta  2 log  3 pend  4 outbox  5 snapshot  6 view  7 dead  8 late  9… directories of groups
-- ARGV  1 most waiting entries looked at  2 most bytes of them looked at
-- Out   {name, value, …}; what is not there is left out
local out = {}
local function say(name, value)
  if value then
    out[#out + 1] = name
    out[#out + 1] = type(value) == 'number' and string.format('%.0f', value) or value
  end
end
local t = redis.call('TIME')
say('now', t[1] * 1000 + math.floor(t[2] / 1000))
local names = { 'owner', 'exp', 'at', 'off', 'n', 'round', 'small', 'holes' }
local m = redis.call('HMGET', KEYS[1], unpack(names))
for i, name in ipairs(names) do say(name, m[i]) end
local off = m[4] or '0-0'
if redis.call('EXISTS', KEYS[2]) == 1 then
  local x = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #x, 2 do
    if x[i] == 'length' or x[i] == 'entries-added' or x[i] == 'last-generated-id' then say(x[i], x[i + 1]) end
  end
  -- Rows of the entries that wait: a batch says how many it carries.
  local seen, bytes, rows, from = 0, 0, 0, '(' .. off
  while seen < tonumber(ARGV[1]) and bytes < tonumber(ARGV[2]) do
    local page = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 10)
    for _, entry in ipairs(page) do
      local fields = entry[2]
      local kind, n = fields[1] == 'weir' and fields[2] or '', 1
      if kind == 'tick/1' or kind == 'control/1' or kind == 'clock/1' or kind == 'beat/1' then n = 0 end
      for i = 1, #fields, 2 do
        bytes = bytes + #fields[i] + #fields[i + 1]
        if kind ~= '' and fields[i] == 'n' then n = tonumber(fields[i + 1]) or 1 end
      end
      -- What claims more than an entry can hold is one broken entry.
      if not (n >= 0 and n <= 100000) then n = 1 end
      seen, rows, from = seen + 1, rows + n, '(' .. entry[1]
    end
    if #page < 10 then break end
  end
  say('waiting-seen', seen)
  say('waiting-rows', rows)
end
say('pend', redis.call('HLEN', KEYS[3]))
say('outbox', redis.call('XLEN', KEYS[4]))
say('log-bytes', redis.call('MEMORY', 'USAGE', KEYS[2]) or 0)
say('snapshot-bytes', redis.call('MEMORY', 'USAGE', KEYS[5]) or 0)
say('view-bytes', redis.call('MEMORY', 'USAGE', KEYS[6]) or 0)
say('dead', redis.call('XLEN', KEYS[7]))
say('late', redis.call('XLEN', KEYS[8]))
local groups = 0
for i = 9, #KEYS do groups = groups + redis.call('ZCARD', KEYS[i]) end
say('groups', groups)
-- The head of the manifest says where the snapshot stands; the rest names its blocks and may be long.
local manifest = m[6] and redis.call('HGET', KEYS[5], 'manifest@' .. m[6])
say('manifest', manifest and string.sub(manifest, 1, 200))
return out
