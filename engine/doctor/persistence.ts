/** Does what Redis acknowledged survive it? */
import { type Check, fail, ofRedis, ok, unseen, warn } from './finding.ts'

const ON = 'Set appendonly yes, in redis.conf or with CONFIG SET and CONFIG REWRITE.'

export const persistence: Check = ofRedis(({ info, config }) => {
  const replicas = Number(info.get('connected_slaves') ?? 0)
  if (info.get('aof_enabled') !== '1') {
    if (replicas === 0)
      return fail(
        'persistence',
        'the append-only file is off: a restart of Redis loses everything since its last RDB',
        ON,
      )
    return warn('persistence', `the append-only file is off; only the ${replicas} replicas keep the data`, ON)
  }
  if (info.get('aof_last_write_status') === 'err' || info.get('aof_last_bgrewrite_status') === 'err')
    return fail(
      'persistence',
      'Redis could not write its append-only file',
      'See its log; most often the disk is full.',
    )
  const fsync = config?.get('appendfsync')
  if (fsync === undefined) return unseen('persistence', 'appendfsync', 'everysec or always')
  if (fsync === 'no')
    return warn(
      'persistence',
      'AOF with appendfsync no: a crash of the machine loses as much as the system held back',
      'Set appendfsync everysec, or always.',
    )
  return ok(
    'persistence',
    fsync === 'always'
      ? 'AOF, every write on disk'
      : 'AOF, once a second: a crash of the machine can take the last second',
  )
})
