-- One turn of one scraper process at the shared schedule: its lease is renewed, what it has ended gets its next due
-- time, runs of dead processes become due again, and it takes as many due runs as it has room for.
-- KEYS  1 workers  2 running  3 due:browser  4 due:http  5 paused  6 asked  7 last  8 strays  9 retries  10 processes
--       11 catalog  12 versions  13 history  14 clock
-- ARGV  1 worker  2 lease ms  3 room browser  4 room http  5 JSON about this process, or '' for a short turn
--       6 number of rows, then per row: name, due, lane, what is next, what is owed (JSON) | ''
--         next: due ms | '' never | '?' not known here | '=' .. due ms: still held, decided up to there
-- Out   {now, next due of browser | '', next due of http | '', overdue browser, overdue http, scrapers in the catalog, strays,
--        claims: name, lane, due, planned, attempt, asked, owed JSON | '', paused JSON | '' ...,
--        of a long turn what this process runs, in the same form, else {}, of a long turn names of strays,
--        names of rows with '=' that are still held}
local workers, running, paused, asked, last, strays, retries = KEYS[1], KEYS[2], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local lines = { browser = KEYS[3], http = KEYS[4] }
local me, lease, long = ARGV[1], tonumber(ARGV[2]), ARGV[5] ~= ''
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function int(number) return string.format('%.0f', number) end
local function parts(text)
  local found = {}
  for part in string.gmatch(text .. '\t', '([^\t]*)\t') do found[#found + 1] = part end
  return { worker = found[1], due = found[2], planned = found[3], attempt = found[4], lane = found[5], started = found[6], asked = found[7], owed = found[8] }
end
-- While Redis was away nobody could renew a lease, and after a step of its clock none means what it meant: time that
-- nobody saw takes no more than half a lease away, so that who lives can say so before he is taken for dead.
local unseen = now - tonumber(redis.call('GET', KEYS[14]) or now)
redis.call('SET', KEYS[14], int(now))
local shift = unseen < 0 and unseen or math.max(0, unseen - lease / 2)
if shift ~= 0 then
  local leases = redis.call('ZRANGE', workers, 0, -1, 'WITHSCORES')
  for i = 1, #leases, 2 do redis.call('ZADD', workers, int(leases[i + 1] + shift), leases[i]) end
end
redis.call('ZADD', workers, int(now + lease), me)
if long then redis.call('HSET', KEYS[10], me, ARGV[5]) end

-- What has ended, and what is decided.
local settled = {}
for i = 0, tonumber(ARGV[6]) - 1 do
  local name, due, lane, nextDue, owed = unpack(ARGV, 7 + i * 5, 11 + i * 5)
  local held = redis.call('HGET', running, name)
  local run = held and parts(held)
  local to = string.match(nextDue, '^=(%d+)$')
  if run and run.worker == me and to and (run.due == due or run.due == to) then
    local text = { me, to, run.planned, '0', run.lane, run.started, run.asked, owed }
    redis.call('HSET', running, name, table.concat(text, '\t'))
    settled[#settled + 1] = name
  elseif run and run.worker == me and not to and run.due == due then
    redis.call('HDEL', running, name)
    if nextDue == '?' then
      local text = { int(now), lane, due, run.planned, run.attempt, run.asked, run.owed }
      redis.call('HSET', strays, name, table.concat(text, '\t'))
    elseif nextDue ~= '' then
      redis.call('ZADD', lines[lane], nextDue, name)
      -- The timing changed during a run that was asked for: what came due beside it did so by the timing of before.
      if run.asked == '1' and run.owed ~= '' and nextDue == run.planned and tonumber(nextDue) <= now then
        local timing = cjson.decode(run.owed).timing
        local still = cjson.encode({ died = cjson.null, missed = cjson.null, run = true, timing = timing })
        redis.call('HSET', retries, name, table.concat({ nextDue, nextDue, '0', '0', still }, '\t'))
      end
    end
  end
end

-- What the dead have left: due again as it was, with a note that one process died over it.
local dead = redis.call('ZRANGEBYSCORE', workers, '-inf', int(now), 'LIMIT', 0, 50)
if #dead > 0 then
  local gone = {}
  for _, worker in ipairs(dead) do gone[worker] = true end
  local all = redis.call('HGETALL', running)
  for i = 1, #all, 2 do
    local run = parts(all[i + 1])
    if gone[run.worker] then
      redis.call('HDEL', running, all[i])
      redis.call('ZADD', lines[run.lane], run.due, all[i])
      local note = { run.due, run.planned, int(tonumber(run.attempt) + 1), run.asked, run.owed }
      redis.call('HSET', retries, all[i], table.concat(note, '\t'))
    end
  end
  redis.call('ZREM', workers, unpack(dead))
  redis.call('HDEL', KEYS[10], unpack(dead))
end

local claims = {}
local function hand(into, name, run)
  local pause = redis.call('HGET', paused, name) or ''
  for _, value in ipairs({ name, run.lane, run.due, run.planned, run.attempt, run.asked, run.owed, pause }) do
    into[#into + 1] = value
  end
end
local function claim(name, run)
  local text = { me, run.due, run.planned, run.attempt, run.lane, int(now), run.asked, run.owed }
  redis.call('HSET', running, name, table.concat(text, '\t'))
  redis.call('HSET', last, name, run.due .. '\t' .. int(now) .. '\t' .. me)
  hand(claims, name, run)
end
local room = { browser = tonumber(ARGV[3]), http = tonumber(ARGV[4]) }

-- Runs that people asked for go first.
if redis.call('HLEN', asked) > 0 then
  local all = redis.call('HGETALL', asked)
  for i = 1, #all, 2 do
    local name, wish = all[i], cjson.decode(all[i + 1])
    -- A run whose process died comes first: it is told by that one alone.
    local free = redis.call('HEXISTS', running, name) == 0 and redis.call('HEXISTS', retries, name) == 0
    if room[wish.lane] > 0 and free then
      local planned = redis.call('ZSCORE', lines[wish.lane], name) or ''
      room[wish.lane] = room[wish.lane] - 1
      redis.call('ZREM', lines[wish.lane], name)
      redis.call('HDEL', asked, name)
      if planned ~= '' then planned = int(tonumber(planned)) end
      claim(name, { lane = wish.lane, due = int(wish.since), planned = planned, attempt = '0', asked = '1', owed = '' })
    end
  end
end

local out = { int(now) }
local overdue = {}
for i, lane in ipairs({ 'browser', 'http' }) do
  local line = lines[lane]
  local due = {}
  if room[lane] > 0 then
    due = redis.call('ZRANGEBYSCORE', line, '-inf', int(now), 'WITHSCORES', 'LIMIT', 0, room[lane])
  end
  for j = 1, #due, 2 do
    local name, at = due[j], int(tonumber(due[j + 1]))
    local run = { lane = lane, due = at, planned = at, attempt = '0', asked = '0', owed = '' }
    local note = redis.call('HGET', retries, name)
    if note then
      local d, p, a, was, owed = string.match(note, '^(%d+)\t(%d*)\t(%d+)\t(%d)\t(.*)$')
      redis.call('HDEL', retries, name)
      run = { lane = lane, due = d, planned = p, attempt = a, asked = was, owed = owed }
    end
    redis.call('ZREM', line, name)
    claim(name, run)
  end
  local first = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')
  out[i + 1] = first[2] and int(tonumber(first[2])) or ''
  overdue[i] = redis.call('ZCOUNT', line, '-inf', int(now - 1000))
end
out[4], out[5], out[6], out[7], out[8] = overdue[1], overdue[2], redis.call('HLEN', KEYS[11]), redis.call('HLEN', strays), claims

local mine, lost = {}, {}
if long then
  local all = redis.call('HGETALL', running)
  for i = 1, #all, 2 do
    local run = parts(all[i + 1])
    if run.worker == me then hand(mine, all[i], run) end
  end
  local nobodys = redis.call('HGETALL', strays)
  for i = 1, #nobodys, 2 do
    local since = tonumber(string.match(nobodys[i + 1], '^%d+'))
    if now - since < 86400000 then
      lost[#lost + 1] = nobodys[i]
    else
      -- Nobody has had it loaded for a day.
      for _, key in ipairs({ strays, paused, asked, last, retries, KEYS[11], KEYS[12], KEYS[13] }) do
        redis.call('HDEL', key, nobodys[i])
      end
    end
  end
end
out[9], out[10], out[11] = mine, lost, settled
return out
