-- Read before admit.lua, report.lua and held.lua: the server's clock, and why a site is left alone.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
-- Lua writes 14 digits of a number and no more.
local function whole(n) return string.format('%.0f', n) end

-- {reason, until, why}, or nil; `token` is the visit that asks. A probe that is on its way holds up all others.
local function refusal(gate, token)
  if gate.hold > now then return { 'hold', gate.hold, gate.why } end
  if gate.brk == 'open' and gate.till > now then return { gate.kind, gate.till, '' } end
  if gate.brk == 'half' and gate.probe ~= token and gate.till > now then return { gate.kind, gate.till, 'probe' } end
  return nil
end

local function read(key)
  local names = { 'slot', 'gap', 'hold', 'why', 'mult', 'brk', 'kind', 'till', 'probe', 'fails', 'opens', 'strikes',
    'struck', 'spent', 'told' }
  local values = redis.call('HMGET', key, unpack(names))
  local gate = {}
  for i, name in ipairs(names) do gate[name] = values[i] or nil end
  for _, name in ipairs({ 'slot', 'gap', 'hold', 'till', 'fails', 'opens', 'strikes', 'struck' }) do
    gate[name] = tonumber(gate[name]) or 0
  end
  gate.mult = tonumber(gate.mult) or 1
  return gate
end

-- Kept a day beyond what it forbids: so long is a block remembered.
local DAY = 86400000
local function keep(key, gate)
  redis.call('PEXPIREAT', key, whole(math.max(now, gate.hold, gate.till, math.ceil((gate.slot + gate.gap) / 1000)) + DAY))
end
