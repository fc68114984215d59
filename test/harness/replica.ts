/** A second Redis that follows a first one through a proxy, so that it can fall behind and be promoted. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../engine/stream/connection.ts'
import { type TcpProxy, startTcpProxy } from './tcp-proxy.ts'
import { startRedis, type TestRedis } from './redis.ts'

export interface TestReplica {
  readonly server: TestRedis
  /** Between master and replica: `close` it, and what the master acknowledges is missing here. */
  readonly link: TcpProxy
  /** Makes it a master of its own, whatever it has. */
  promote(): Promise<void>
  stop(): Promise<void>
}

/** Resolves when it is in step with its master. */
export async function startReplica(master: TestRedis): Promise<TestReplica> {
  const link = await startTcpProxy(master.port)
  const above = connect(master.url, 'query')
  // By default a master waits five seconds for more replicas.
  await above.config('SET', 'repl-diskless-sync-delay', '0')
  above.disconnect()
  const server = await startRedis({ args: ['--replicaof', `127.0.0.1 ${link.port}`] })
  const client = connect(server.url, 'query')
  try {
    while (!(await client.info('replication')).includes('master_link_status:up')) await sleep(50)
  } finally {
    client.disconnect()
  }
  return {
    server,
    link,
    promote: async () => {
      const own = connect(server.url, 'query')
      await own.call('REPLICAOF', 'NO', 'ONE')
      own.disconnect()
    },
    stop: async () => {
      await link.stop()
      await server.stop()
    },
  }
}
