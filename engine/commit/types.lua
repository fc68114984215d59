-- Before everything else in a script over all keys of a partition: a write to a key of another type would fail in the
-- middle, and what was written before it would stay.
for i, kind in ipairs({ 'hash', 'stream', 'hash', 'hash', 'stream', 'stream', 'hash', 'stream', 'stream', 'hash', 'hash' }) do
  local is = redis.call('TYPE', KEYS[i]).ok
  if is ~= 'none' and is ~= kind then return { 'TYPE', KEYS[i], is, kind } end
end
