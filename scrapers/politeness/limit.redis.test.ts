/** The limit of a site as its own log shows it; `npm run bench -- politeness` does the same with twelve processes. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { jain, mostWithin } from '../../bench/visit-log.ts'
import { type RunEvent, connect } from '../../engine/index.ts'
import { startRedis } from '../../test/harness/redis.ts'
import { check } from '../index.ts'
import { run } from '../run.ts'
import type { RunWorld } from '../run-world.ts'
import { redisGate } from './redis-gate.ts'

const SECONDS = 4

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!

test('twelve that are never done share 20 visits a second evenly, with clocks 3 s apart, while others go at once', async () => {
  const arrivals: number[] = []
  const by = new Map<string, number>()
  const server = createServer((request, response) => {
    if (request.url !== '/other') {
      arrivals.push(performance.now())
      by.set(request.url!, (by.get(request.url!) ?? 0) + 1)
    }
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const redis = await startRedis()
  const until = performance.now() + SECONDS * 1000
  const events: RunEvent[] = []
  const others: number[] = []
  const busyRuns: number[] = []
  const stalls = monitorEventLoopDelay({ resolution: 5 })
  stalls.enable()

  async function visitor(i: number): Promise<void> {
    const wrong = [0, 3000, -3000][i % 3]!
    const client = connect(redis.url, 'commit')
    await client.connect()
    const world: RunWorld = {
      gate: redisGate(client, 'test', () => performance.now() + wrong),
      pool: null,
      now: () => Date.now() + wrong,
      sleep: (ms) => sleep(ms),
      publish: async (event) => void events.push(event),
      publishRows: async () => undefined,
      hostsRemapped: false,
    }
    const base = { every: '1m', local: true } as const
    const busy = check('busy', { ...base, url: `http://one.localhost:${port}/${i}`, rate: '20/s' })
    const other = check('other', { ...base, url: `http://other-${i}.localhost:${port}/other`, rate: '20/s' })
    while (performance.now() < until) {
      const begun = performance.now()
      const waiting = run(busy, 'test', world).then(() => busyRuns.push(performance.now() - begun))
      await run(other, 'test', world)
      others.push(performance.now() - begun)
      await waiting
    }
    client.disconnect()
  }
  await Promise.all(Array.from({ length: 12 }, (_, i) => visitor(i)))
  server.close()
  await redis.stop()

  expect(new Set(events.map(({ outcome }) => outcome))).toEqual(new Set(['ok']))
  // While this process stands still, what would have come one by one comes together.
  const together = Math.floor(stalls.max / 1e6 / 52.5)
  expect(mostWithin(arrivals, 1000)).toBeLessThanOrEqual(21 + together)
  expect(arrivals.length).toBeGreaterThan(SECONDS * 8)
  // Five visits each: one more or less is a fifth, and a busy machine misses turns.
  expect(jain([...by.values()])).toBeGreaterThan(0.8)
  expect(median(others)).toBeLessThan(median(busyRuns) / 2)
})
