/** What does Redis do when its memory is full, and how far is that? */
import { bytes } from '../state/short.ts'
import { type Check, fail, type Finding, ofRedis, ok, warn } from './finding.ts'

/** `info`: fields of INFO by name. */
export function evictionFinding(info: ReadonlyMap<string, string>): Finding {
  const policy = info.get('maxmemory_policy')
  if (policy === undefined)
    return warn('eviction', 'could not look: INFO does not say maxmemory_policy', 'It must be noeviction.')
  if (policy === 'noeviction')
    return ok('eviction', 'noeviction: full memory refuses writes and loses nothing')
  if (policy.startsWith('volatile-'))
    return ok(
      'eviction',
      `${policy} leaves Weir's data alone, as none of it has an expiry; noeviction is clearer`,
    )
  const limit = Number(info.get('maxmemory') ?? 0)
  const todo = 'Set maxmemory-policy noeviction.'
  if (limit === 0)
    return warn('eviction', `${policy} would delete logs and positions; only maxmemory 0 prevents it`, todo)
  return fail('eviction', `${policy} deletes logs and positions when memory is full`, todo)
}

export const eviction: Check = ofRedis(({ info }) => evictionFinding(info))

export const headroom: Check = ofRedis(({ info }) => {
  const used = Number(info.get('used_memory') ?? 0)
  const limit = Number(info.get('maxmemory') ?? 0)
  if (limit > 0) {
    const says = `${bytes(used)} of maxmemory ${bytes(limit)} in use`
    const todo = 'Raise maxmemory, or keep less: retention of streams, series of metrics.'
    if (used > 0.95 * limit) return fail('headroom', `${says}: new events are about to be refused`, todo)
    return used > 0.8 * limit ? warn('headroom', says, todo) : ok('headroom', says)
  }
  const machine = Number(info.get('total_system_memory') ?? 0)
  if (machine > 0 && used > 0.6 * machine)
    return warn(
      'headroom',
      `${bytes(used)} in use of a machine with ${bytes(machine)}, and no maxmemory`,
      'Set maxmemory, so that Redis refuses writes before the system kills it; leave room for the copy of an AOF rewrite.',
    )
  return ok('headroom', `${bytes(used)} in use, no maxmemory`)
})
