/** A Sentinel that watches a master, for tests of what follows when it moves. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../engine/stream/connection.ts'
import { freePort, type TestRedis } from './redis.ts'

export interface TestSentinel {
  /** Address for clients: the master by its name. */
  readonly url: string
  /** Has it make the replica the master while the old master still answers; resolves when it has begun. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

export async function startSentinel(master: TestRedis): Promise<TestSentinel> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-sentinel-'))
  const port = await freePort()
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor main 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds main 60000',
    'sentinel failover-timeout main 5000',
  ]
  await writeFile(join(dir, 'sentinel.conf'), lines.join('\n'))
  const child = spawn('redis-server', [join(dir, 'sentinel.conf'), '--sentinel'], { stdio: 'ignore' })
  const kill = (): void => void child.kill('SIGKILL')
  process.on('exit', kill)
  const client = connect(`redis://127.0.0.1:${port}`, 'query')
  return {
    url: `redis+sentinel://127.0.0.1:${port}/main`,
    failOver: async () => {
      // It says NOGOODSLAVE until it knows its replicas.
      const begun = (): Promise<unknown> => client.call('SENTINEL', 'failover', 'main').catch(() => null)
      for (let i = 0; i < 60 && (await begun()) !== 'OK'; i++) await sleep(250)
    },
    stop: async () => {
      client.disconnect()
      const gone = once(child, 'exit')
      kill()
      await gone
      process.off('exit', kill)
      await rm(dir, { recursive: true, force: true })
    },
  }
}
