/** A Sentinel moves the master while the old one still answers (case 5, redis#6062 and ioredis#1314). */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'vitest'
import { connect } from '../../engine/stream/connection.ts'
import { startRedis } from '../harness/redis.ts'
import { startSentinel } from '../harness/sentinel.ts'
import { trial } from './trial.ts'

test(
  'case 5: nobody goes on writing to the old master; what is counted is the log of the new one, and all that was sent',
  trial(async (trial) => {
    const old = trial.server
    const next = await startRedis()
    const direct = { old: connect(old.url, 'query'), next: connect(next.url, 'query') }
    await direct.old.config('SET', 'repl-diskless-sync-delay', '0')
    await direct.next.replicaof('127.0.0.1', old.port)
    while (!(await direct.next.info('replication')).includes('master_link_status:up')) await sleep(50)
    const sentinel = await startSentinel(old)
    try {
      await trial.worker({ redisUrl: sentinel.url })
      await trial.owned()
      const producer = await trial.producer(sentinel.url)
      await trial.send(producer, 200)
      await trial.counts()
      let moving = true
      const moved = sentinel.failOver().then(async () => {
        while (!(await direct.next.info('replication')).includes('role:master')) await sleep(20)
        moving = false
      })
      while (moving) await trial.send(producer, 50)
      await moved
      trial.moveTo(next)
      // Producers learn of it within a second or two, and then send again what only the old master has.
      for (let i = 0; i < 60 && (await trial.inLogs()).events < trial.sent.events; i++) {
        await trial.send(producer, 20)
        await sleep(100)
      }
      await trial.isExact()
    } finally {
      direct.old.disconnect()
      direct.next.disconnect()
      await sentinel.stop()
      await old.stop()
    }
  }),
)
