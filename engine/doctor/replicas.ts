/** Where replicas exist: does the master stop acknowledging what none of them has? */
import { type Check, fail, ofRedis, ok, warn } from './finding.ts'

export const replicas: Check = ofRedis(({ info, config }) => {
  if (info.get('role') === 'slave')
    return fail('replicas', 'this is a replica, which takes no writes', 'Set REDIS_URL to the master.')
  const connected = Number(info.get('connected_slaves') ?? 0)
  const wanted = config?.get('min-replicas-to-write')
  // INFO has this line only where both settings are in force, so it tells them where CONFIG is not allowed.
  const inForce = info.has('min_slaves_good_slaves') || (wanted !== undefined && Number(wanted) > 0)
  if (connected === 0)
    return inForce
      ? fail(
          'replicas',
          'min-replicas-to-write is set and no replica is connected: writes are refused',
          'Bring a replica back.',
        )
      : ok('replicas', 'none: what Redis has is all there is')
  if (inForce) return ok('replicas', `${connected}, and writes wait for them to keep up`)
  return warn(
    'replicas',
    `${connected}, and the master goes on alone when it is cut off: what it acknowledges then is lost`,
    'Set min-replicas-to-write 1 and min-replicas-max-lag 10.',
  )
})
