/** Is the server new enough, and does it have the fixes that matter? */
import { type Check, fail, ofRedis, ok, warn } from './finding.ts'

/**
 * First releases of each branch without known ways out of the Lua sandbox: CVE-2025-49844 and, where it was told of
 * that branch, CVE-2026-23631. A branch that is older than all of these gets no fixes any more.
 */
const PATCHED: Record<'Redis' | 'Valkey', readonly string[]> = {
  Redis: ['7.2.11', '7.4.6', '8.0.4', '8.2.6', '8.4.3', '8.6.3'],
  Valkey: ['7.2.13', '8.0.8', '8.1.7', '9.0.4'],
}
const FLOOR = { Redis: '7.0.0', Valkey: '7.2.0' }

export const version: Check = ofRedis(({ info }) => {
  // Valkey says 7.2.4 where Redis is asked for, so that old clients go on.
  const valkey = info.get('valkey_version')
  const name = valkey === undefined ? 'Redis' : 'Valkey'
  const is = valkey ?? info.get('redis_version') ?? '0.0.0'
  const floor = FLOOR[name]
  if (compare(is, floor) < 0)
    return fail(
      'version',
      `${name} ${is} lacks what the commit needs`,
      `Install ${name} ${short(floor)} or newer.`,
    )
  const branch = PATCHED[name].find((patched) => short(patched) === short(is))
  if (branch !== undefined && compare(is, branch) < 0)
    return warn(
      'version',
      `${name} ${is} has known security holes in Lua`,
      `Install ${name} ${branch} or newer.`,
    )
  if (branch === undefined && compare(is, PATCHED[name][0]!) < 0)
    return warn(
      'version',
      `${name} ${is} works; its branch gets no security fixes from its makers`,
      `Keep the fixes of your distribution up to date, or move to ${name} ${PATCHED[name].at(-1)} or newer.`,
    )
  return ok('version', `${name} ${is}`)
})

function short(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

function compare(a: string, b: string): number {
  const [as, bs] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part) || 0))
  for (let i = 0; i < 3; i++) if (as![i] !== bs![i]) return (as![i] ?? 0) - (bs![i] ?? 0)
  return 0
}
