/** A short chaos run of the scrapers with real kills; `npm run chaos -- scrapers` is the long one. */
import { expect, test } from 'vitest'
import { scraperChaos } from './chaos/scrapers/run.ts'
import type { Trouble } from './chaos/trouble.ts'

test('each due time has exactly one end while processes, browsers and Redis are killed', async () => {
  const said: string[] = []
  const trouble = (kind: Trouble['kind'], after: number): Trouble => ({ kind, after, who: 0.3, much: 0.1 })
  const result = await scraperChaos({
    seed: 7,
    runs: 150,
    browserKills: 2,
    processes: 2,
    lease: 1500,
    gap: 1000,
    browserGap: 1200,
    fleet: { pages: 4, checks: 20, pageEvery: 2000, checkEvery: 1000 },
    troubles: [trouble('killWorker', 500), trouble('killRedis', 1500), trouble('loseReply', 1000)],
    say: (line) => void said.push(line),
  })
  expect(result.line, said.join(', ')).toContain('lost 0, doubled 0')
  expect(result).toMatchObject({ lost: [], doubled: [], orphans: 0 })
  // Else the run has shown nothing.
  expect(result.runs).toBeGreaterThan(150)
  expect(result.browserKills).toBeGreaterThan(1)
  expect(result.tally).toMatchObject({ kills: 1, redisKills: 1 })
}, 120_000)
