/** The tests' own Redis: data survives a crash, and no server survives its test. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { connect } from '../../engine/stream/connection.ts'
import { startRedis, type TestRedis } from './redis.ts'

const run = promisify(execFile)
const open: TestRedis[] = []
afterEach(async () => void (await Promise.all(open.splice(0).map((redis) => redis.stop()))))

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('data is there again after kill and restart', async () => {
  const redis = await startRedis({ fsync: 'always' })
  open.push(redis)
  const client = connect(redis.url, 'query')
  await client.set('a', '1')
  const before = redis.pid
  await redis.kill()
  expect(alive(before)).toBe(false)
  await redis.restart()
  expect(redis.pid).not.toBe(before)
  expect(await client.get('a')).toBe('1')
  client.disconnect()
})

test('a paused server answers nothing and goes on later', async () => {
  const redis = await startRedis()
  open.push(redis)
  const client = connect(redis.url, 'query')
  await client.ping()
  redis.pause()
  const answer = client.ping()
  expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'nothing'))])).toBe(
    'nothing',
  )
  redis.resume()
  expect(await answer).toBe('PONG')
  client.disconnect()
})

test('a test process that is killed takes its server with it', async () => {
  const harness = fileURLToPath(new URL('./redis.ts', import.meta.url))
  const script = `import(${JSON.stringify(harness)}).then(async (h) => { const r = await h.startRedis(); process.stdout.write(String(r.pid), () => process.kill(process.pid, 'SIGKILL')) })`
  const ended = await run(process.execPath, ['--import', 'tsx', '-e', script]).catch(
    (error: { stdout: string }) => error,
  )
  const pid = Number(ended.stdout)
  expect(pid).toBeGreaterThan(1)
  await expect.poll(() => alive(pid)).toBe(false)
})
