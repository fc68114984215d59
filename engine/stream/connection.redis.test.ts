/** A connection that died without a word: nobody waits on it for ever. */
import { test } from 'vitest'
import { startTcpProxy } from '../../test/harness/tcp-proxy.ts'
import { startRedis } from '../../test/harness/redis.ts'
import { connect, type ConnectionRole } from './connection.ts'

test.concurrent.for<ConnectionRole>(['commit', 'block', 'query'])(
  'a half-open connection of role %s is given up, and the next command has a new one',
  { timeout: 120_000 },
  async (role, { expect, onTestFinished }) => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const proxy = await startTcpProxy(redis.port)
    onTestFinished(() => proxy.stop())
    const client = connect(`redis://127.0.0.1:${proxy.port}`, role)
    await client.connect()
    await client.set('a', '1')
    proxy.strand()
    const answer = client.get('a').catch((error: Error) => error)
    // Reads for people wait for the new connection; what changes state is told at once that nothing is known.
    if (role === 'query') expect(await answer).toBe('1')
    else expect(await answer).toBeInstanceOf(Error)
    await expect.poll(() => client.get('a').catch(() => null)).toBe('1')
    client.disconnect()
  },
)
