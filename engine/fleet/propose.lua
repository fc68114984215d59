-- Notes what a run saw of a lost field; so many runs in a row that see the same accept it, if nobody has decided.
-- KEYS  1 healing:<scraper>  2 proposing
-- ARGV  1 id  2 what was seen (JSON)  3 field  4 runs that are enough, 0 never  5 most proposals  6 forget after, ms  7 scraper
-- Out   open | accepted | refused
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local enough, most, forget = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local hash = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do hash[all[i]] = all[i + 1] end

local seen = cjson.decode(ARGV[2])
local known = hash['p:' .. ARGV[1]]
known = known and cjson.decode(known) or { agreed = 0, first = now }
seen.agreed, seen.first, seen.last = known.agreed + 1, known.first, now
redis.call('HSET', KEYS[1], 'p:' .. ARGV[1], cjson.encode(seen))

local count, oldest, oldestAt = 0, nil, math.huge
for key, text in pairs(hash) do
  if string.sub(key, 1, 2) == 'p:' and key ~= 'p:' .. ARGV[1] then
    local other = cjson.decode(text)
    count = count + 1
    -- Who sees something else for the same field breaks the row.
    if other.field == ARGV[3] and other.agreed > 0 then
      other.agreed = 0
      redis.call('HSET', KEYS[1], key, cjson.encode(other))
    end
    local at = other.last + (hash['d:' .. string.sub(key, 3)] and forget or 0)
    if at < oldestAt then oldest, oldestAt = string.sub(key, 3), at end
  end
end
if count + 1 > most and oldest then redis.call('HDEL', KEYS[1], 'p:' .. oldest, 'd:' .. oldest) end

local decision = hash['d:' .. ARGV[1]]
if not decision and enough > 0 and seen.agreed >= enough then
  decision = cjson.encode({ state = 'accepted', by = 'weir, after ' .. seen.agreed .. ' runs that agreed', at = now })
  redis.call('HSET', KEYS[1], 'd:' .. ARGV[1], decision)
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[2], now, ARGV[7])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - forget))
return decision and cjson.decode(decision).state or 'open'
