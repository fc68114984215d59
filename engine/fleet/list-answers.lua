-- What is known of the answers of one collector, newest first, without their bodies.
-- KEYS  1 log (stream: about, body)
-- ARGV  1 how many at most  2 the newest wanted, as an id or + or (id
-- Out   {id, about, id, about, …}
local out = {}
local from = ARGV[2]
while #out < 2 * ARGV[1] do
  local entries = redis.call('XREVRANGE', KEYS[1], from, '-', 'COUNT', 1)
  if #entries == 0 then break end
  local id, fields = entries[1][1], entries[1][2]
  for i = 1, #fields, 2 do
    if fields[i] == 'about' then
      out[#out + 1] = id
      out[#out + 1] = fields[i + 1]
    end
  end
  from = '(' .. id
end
return out
