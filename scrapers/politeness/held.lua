-- Whether a site that a visit waits for may still be visited.
-- KEYS  1 gate
-- ARGV  1 token
-- Out   {} | {reason, until ms, now ms, why}
local refused = refusal(read(KEYS[1]), ARGV[1])
if refused then return { refused[1], whole(refused[2]), whole(now), refused[3] or '' } end
return {}
