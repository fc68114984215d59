/** What is tried again within a run, when, and what never. */
import { expect, test } from 'vitest'
import { OUTCOMES } from '../../engine/index.ts'
import { type Attempt, retryDelay } from './retry.ts'

const HOURLY: Attempt = {
  outcome: 'site_down',
  reason: 'connect',
  visits: 1,
  elapsed: 200,
  interval: 3_600_000,
  asked: null,
}
const delay = (change: Partial<Attempt>, random = 0.5): number | null =>
  retryDelay({ ...HOURLY, ...change }, random)

test.each([
  ['our crash, at once and once', { outcome: 'crashed', reason: 'browser' }, [0, null]],
  [
    'our crash, however long the run waited before',
    { outcome: 'crashed', reason: 'page', elapsed: 90_000 },
    [0, null],
  ],
  ['our mistake', { outcome: 'crashed', reason: 'code' }, [null, null]],
  ['a proxy, at once and once', { outcome: 'proxy_failed', reason: 'tunnel' }, [0, null]],
  ['a site that is down', {}, [1000, 3000, null]],
  ['a certificate does not mend itself', { reason: 'tls' }, [null]],
  ['a limit that names a time', { outcome: 'rate_limited', asked: 5000 }, [5000, null]],
  ['a limit that names none', { outcome: 'rate_limited' }, [null]],
  ['a limit beyond the window', { outcome: 'rate_limited', asked: 60_000 }, [null]],
  ['whoever runs again soon', { interval: 20_000 }, [null]],
  ['a slow failure', { elapsed: 29_500 }, [null]],
] as const)('%s', (_, change, delays) => {
  expect(delays.map((__, i) => delay({ ...change, visits: i + 1 }))).toEqual(delays)
})

test('waits are spread, so that scrapers that failed together do not come back together', () => {
  expect([0, 1].map((random) => delay({}, random))).toEqual([500, 1500])
})

test('an answer is never asked for again', () => {
  const again = OUTCOMES.filter((outcome) => delay({ outcome, reason: 'x', asked: 100 }) !== null)
  expect(again).toEqual(['proxy_failed', 'rate_limited', 'site_down'])
})
