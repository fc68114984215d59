-- Asks for one visit of a site: refused with a reason, or booked at the next free turn. Turns are a generic cell rate
-- algorithm without bursts (ITU-T I.371) that reserves: who asks gets a time, and comes then.
-- KEYS  1 gate (hash)  2 leases (sorted set: visit -> when it counts as dead)  3 exits (hash: exit -> cool until)
-- ARGV  1 token  2 gap µs  3 concurrency, 0 = any  4 visits an hour, 0 = any  5 lease ms from its turn on
--       6 horizon ms  7 '1' = the same visit asks again  8 ... exits it may take, preferred ones first
-- Out   {'go', wait µs, gap µs, exit, probe 0 | 1} | {reason, until ms, now ms, why}
local token, gap, concurrency, budget = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lease, horizon, again = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'
local gate = read(KEYS[1])
local function no(reason, till, why) return { reason, whole(till), whole(now), why or '' } end

local refused = refusal(gate, token)
if refused then return no(refused[1], refused[2], refused[3]) end
local probe = gate.brk ~= nil

local exit, soonest = nil, nil
for i = 8, #ARGV do
  local cool = ARGV[i] ~= 'direct' and tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or 0) or 0
  if cool <= now then exit = ARGV[i] break end
  if soonest == nil or cool < soonest then soonest = cool end
end
if exit == nil then return no('no_proxy', soonest or now) end

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', whole(now))
if concurrency > 0 and redis.call('ZSCORE', KEYS[2], token) == false
  and redis.call('ZCARD', KEYS[2]) >= concurrency then
  return no('no_permit', redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2], 'busy')
end

-- Visits per five minutes; thirteen of them cover any hour, whenever it begins.
local piece = math.floor(now / 300000)
local spent, visits, oldest = {}, 0, piece
for at, n in string.gmatch(gate.spent or '', '(%d+):(%d+)') do
  at, n = tonumber(at), tonumber(n)
  if at > piece - 13 and at <= piece then
    spent[#spent + 1] = { at, n }
    visits = visits + n
    oldest = math.min(oldest, at)
  end
end
if budget > 0 and not again and visits >= budget then return no('budget', (oldest + 13) * 300000) end

if gate.mult > 1 then gap = math.max(gap, 1000000) * gate.mult end
local micros = t[1] * 1000000 + t[2]
local last = gate.slot
-- No turn is booked further ahead than the horizon: the clock was set back, and what was booked by the old one is void.
if last > micros + horizon * 1000 then last = micros end
local slot = math.max(micros, last + math.max(gate.gap, gap))
local wait = slot - micros
if wait > horizon * 1000 then return no('no_permit', math.ceil(slot / 1000), 'rate') end

local turn = math.ceil(slot / 1000)
local dead = turn + lease
local fields = { 'slot', whole(slot), 'gap', whole(gap) }
local function set(name, value) fields[#fields + 1] = name fields[#fields + 1] = value end
if probe then
  gate.till = dead
  set('brk', 'half') set('probe', token) set('till', whole(dead))
end
if not again then
  local count = 1
  local text = ''
  for _, part in ipairs(spent) do
    if part[1] == piece then count = part[2] + 1 else text = text .. whole(part[1]) .. ':' .. whole(part[2]) .. ' ' end
  end
  set('spent', text .. whole(piece) .. ':' .. whole(count))
end
redis.call('HSET', KEYS[1], unpack(fields))
gate.slot, gate.gap = slot, gap
keep(KEYS[1], gate)
redis.call('ZADD', KEYS[2], whole(dead), token)
redis.call('PEXPIREAT', KEYS[2], whole(redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2]))
return { 'go', whole(wait), whole(gap), exit, probe and 1 or 0 }
