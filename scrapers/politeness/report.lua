-- Learns from one visit, and gives back what it held.
-- KEYS  1 gate  2 leases  3 exits  4 blocks (stream)
-- ARGV  1 token  2 good | down | block | throttle | proxy | none  3 '' or ms that the site asked to be left alone for
--       4 '' or until when it asked for that, ms  5 exit  6 first and 7 longest cool-down after a block, ms
--       8 '' or what is known of a block, JSON  9 how many blocks are kept, and 10 for how long, ms
-- Out   {now ms, until ms or 0, strikes}
local token, what, exit = ARGV[1], ARGV[2], ARGV[5]
local first, longest = tonumber(ARGV[6]), tonumber(ARGV[7])
local FAILS, OPEN, LONGEST_OPEN = 5, 5000, 60000
local THROTTLED, MOST = 60000, 64
-- A shorter wish of a site that throttles is no block.
local LONG_WISH = 300000
local EXIT_COOL, EXIT_LONGEST = 300000, 21600000
local gate = read(KEYS[1])
local fields, gone = {}, {}
local function set(name, value)
  gate[name] = value
  fields[#fields + 1] = name
  fields[#fields + 1] = type(value) == 'number' and whole(value) or value
end
local function drop(name)
  gate[name] = type(gate[name]) == 'number' and 0 or nil
  gone[#gone + 1] = name
end
local function open(kind, ms)
  set('brk', 'open') set('kind', kind) set('till', now + ms)
  drop('probe')
end

redis.call('ZREM', KEYS[2], token)
-- Told before, and the answer lost: what counts is not counted twice, whoever told something in between.
local told = ' ' .. (gate.told or '') .. ' '
local twice = string.find(told, ' ' .. token .. ' ', 1, true) ~= nil
local mine = gate.brk == 'half' and gate.probe == token
local till = 0

if ARGV[3] ~= '' or ARGV[4] ~= '' or (what == 'throttle' and not twice) then
  local asked = ARGV[4] ~= '' and tonumber(ARGV[4]) or now + (tonumber(ARGV[3]) or THROTTLED)
  -- The longest wish wins, and is never shortened by a later answer.
  if asked > gate.hold and asked > now then
    set('hold', asked)
    set('why', (ARGV[3] ~= '' or ARGV[4] ~= '') and 'asked' or 'throttles')
  end
end
if not twice then
  local last, n = token, 1
  for one in string.gmatch(told, '%S+') do
    if n < 16 then last, n = last .. ' ' .. one, n + 1 end
  end
  set('told', last)
  if what == 'throttle' then
    fields[#fields + 1] = 'mult'
    fields[#fields + 1] = string.format('%.4f', math.min(MOST, gate.mult * 2))
  elseif what == 'good' and gate.mult > 1 then
    fields[#fields + 1] = 'mult'
    fields[#fields + 1] = string.format('%.4f', math.max(1, gate.mult * 0.95))
  end

  if what == 'block' then
    -- Visits that were on their way when the first was blocked are no blocks of their own.
    if gate.brk ~= 'open' or gate.kind ~= 'blocked' or gate.till <= now then
      local strikes = now - gate.struck < DAY and gate.strikes or 0
      open('blocked', math.min(longest, first * 2 ^ math.min(strikes, 30)))
      set('strikes', strikes + 1) set('struck', now)
    end
  elseif what == 'down' then
    if mine or (gate.brk == nil and gate.fails + 1 >= FAILS) then
      local kind = mine and gate.kind or 'breaker'
      local opens = gate.opens
      open(kind, math.min(LONGEST_OPEN, OPEN * 2 ^ math.min(opens, 10)))
      set('opens', opens + 1)
    end
    set('fails', gate.fails + 1)
  elseif what == 'good' or what == 'throttle' then
    if gate.fails > 0 then drop('fails') end
    if mine then drop('brk') drop('kind') drop('till') drop('probe') drop('opens') end
  elseif mine then
    -- It says nothing about the site: the next one finds out.
    open(gate.kind, 0)
  end

  if what == 'proxy' then
    local strikes = tonumber(redis.call('HGET', KEYS[3], exit .. ' strikes') or 0)
    local cool = now + math.min(EXIT_LONGEST, EXIT_COOL * 2 ^ math.min(strikes, 30))
    redis.call('HSET', KEYS[3], exit, whole(cool), exit .. ' strikes', whole(strikes + 1))
    redis.call('PEXPIREAT', KEYS[3], whole(now + DAY))
  elseif what == 'good' and exit ~= 'direct' then
    redis.call('HDEL', KEYS[3], exit, exit .. ' strikes')
  end
end

if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
keep(KEYS[1], gate)
if gate.hold > now then till = gate.hold end
if gate.brk == 'open' and gate.till > now and gate.till > till then till = gate.till end
local turnedAway = what == 'block' or (what == 'throttle' and till - now >= LONG_WISH)
if turnedAway and not twice and ARGV[8] ~= '' then
  local entry = { 'about', ARGV[8], 'until', whole(till), 'strikes', whole(gate.strikes) }
  -- At the very millisecond that `until` counts from, unless the clock was set back.
  if type(redis.pcall('XADD', KEYS[4], 'MAXLEN', '=', ARGV[9], whole(now) .. '-*', unpack(entry))) ~= 'string' then
    redis.call('XADD', KEYS[4], 'MAXLEN', '=', ARGV[9], '*', unpack(entry))
  end
  redis.call('XTRIM', KEYS[4], 'MINID', '=', whole(now - ARGV[10]))
  redis.call('PEXPIRE', KEYS[4], ARGV[10])
end
return { whole(now), whole(till), whole(gate.strikes) }
