/** Is the server there, and can it do what Weir asks of it? */
import { type Check, fail, ofRedis, ok, warn } from './finding.ts'

export const redis: Check = ({ redis: found }) =>
  'away' in found
    ? fail('redis', found.away, 'Start Redis there, or set REDIS_URL.')
    : ok('redis', `answers at ${found.host}`)

export const scripts: Check = ofRedis(({ scripts: trouble }) =>
  trouble === null
    ? ok('scripts', 'EVAL and EVALSHA work')
    : fail(
        'scripts',
        `Lua scripts do not run: ${trouble}`,
        'Allow EVAL and EVALSHA to this user (ACL: +@scripting).',
      ),
)

export const series: Check = ofRedis(({ series: store }) =>
  store === null
    ? warn('series', 'could not look for RedisTimeSeries', 'Allow COMMAND INFO to this user.')
    : ok('series', `kept in ${store}`),
)

/** An event that is more than 60 s ahead of the server's clock is dead. */
const AHEAD_LIMIT = 60_000
const NOTABLE = 1000

export const clock: Check = ofRedis(({ skew: { ms, within } }) => {
  const off = Math.max(0, Math.abs(ms) - within)
  const says = `this machine is ${(Math.abs(ms) / 1000).toFixed(2)} s ${ms > 0 ? 'behind' : 'ahead of'} Redis (± ${(within / 1000).toFixed(2)} s)`
  const todo = 'Let NTP set the clocks of both.'
  if (off <= NOTABLE) return ok('clock', `as Redis has it, to ${Math.ceil(Math.abs(ms) + within)} ms`)
  if (off > AHEAD_LIMIT / 2) return fail('clock', `${says}: events stamped here are refused, or late`, todo)
  return warn('clock', says, todo)
})
