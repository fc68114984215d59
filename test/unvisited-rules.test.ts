/** What streams.config.ts makes of runs that say nothing of a site: they are no visits, and tell of ourselves alone. */
import { expect, test } from 'vitest'
import { simulate, type Simulation } from '../engine/index.ts'
import config from '../streams.config.ts'

const START = Date.UTC(2026, 0, 5, 10)
const EVERY = 10_000
const MINUTE = 60_000

interface Run extends Record<string, unknown> {
  at: number
  outcome: string
}

/** A bank whose site goes down after `well` ms: five failures open the breaker, then 5 s, doubling to 60 s, and one probe. */
function downBank(scraper: string, well: number, until: number): Run[] {
  const runs: Run[] = []
  let [failures, open, pause] = [0, 0, 2500]
  for (let at = START; at < START + until; at += EVERY) {
    const common = { at, scraper, fleet: 'banks', host: `${scraper}.example` }
    if (at < START + well) runs.push({ ...common, outcome: 'ok' })
    else if (at < open) runs.push({ ...common, outcome: 'skipped', reason: 'breaker' })
    else {
      runs.push({ ...common, outcome: 'site_down', reason: 'connect' })
      if (++failures >= 5) open = at + (pause = Math.min(60_000, 2 * pause))
    }
  }
  return runs
}

function sameBank(scraper: string, of: Partial<Run>, until: number): Run[] {
  return Array.from({ length: until / EVERY }, (_, i) => ({
    at: START + i * EVERY + 1,
    scraper,
    fleet: 'banks',
    host: `${scraper}.example`,
    outcome: 'ok',
    ...of,
  }))
}

function changes(world: Simulation): string[] {
  return world.alerts
    .filter(({ event }) => event !== 'updated')
    .map(({ event, alert }) => `${alert.rule} ${Object.values(alert.group).join()} ${event}`)
}

test('a site that is down tends to 0 % available, however seldom it is asked, and stays down on the board', () => {
  const until = 75 * MINUTE
  const runs = [...downBank('north-bank', 10 * MINUTE, until), ...sameBank('harbour-bank', {}, until)]
  const skipped = runs.filter(({ outcome }) => outcome === 'skipped').length
  expect(skipped / (until / EVERY)).toBeGreaterThan(0.6)
  const world = simulate(config, { runs }, { until: START + until })
  const available = (window: string, minutes: number): unknown =>
    Object.fromEntries(
      world
        .windows('available', { window, at: START + minutes * MINUTE })
        .map(({ group, values }) => [group['host'], values.ratio]),
    )
  expect(available('5m', 10)).toEqual({ 'north-bank.example': 1, 'harbour-bank.example': 1 })
  expect(available('5m', 20)).toEqual({ 'north-bank.example': 0, 'harbour-bank.example': 1 })
  expect(available('1h', 72)).toEqual({ 'north-bank.example': 0, 'harbour-bank.example': 1 })
  const [right] = world.windows('right', { window: '1h', at: START + 72 * MINUTE })
  const asked = runs.filter(
    ({ at, outcome }) => at >= START + 12 * MINUTE && at < START + 72 * MINUTE && outcome !== 'skipped',
  )
  const ok = asked.filter(({ outcome }) => outcome === 'ok').length
  expect(right!.values.ratio).toBeCloseTo(ok / asked.length, 9)
  expect(changes(world)).toEqual(['down north-bank fired'])
})

test('nobody looks, and that is told, unless somebody paused it; what nobody saw is unknown', () => {
  const until = 10 * MINUTE
  const runs = [
    ...sameBank('north-bank', { outcome: 'skipped', reason: 'robots' }, until),
    ...sameBank('sparhaus', { outcome: 'skipped', reason: 'paused' }, until),
    ...sameBank('harbour-bank', {}, until),
  ]
  const before = ['north-bank', 'sparhaus'].flatMap((bank) => sameBank(bank, { at: START - MINUTE }, EVERY))
  const world = simulate(config, { runs: [...before, ...runs] }, { until: START + until })
  expect(changes(world)).toEqual(['silent north-bank fired'])
  expect(world.alerts[0]!.alert.sentence).toBe('Nobody has looked at North Bank for 3 min.')
  const seen = world
    .windows('banks', { window: '5m', at: START + until })
    .map(({ group, values }) => [group['scraper'], values.count])
  expect(Object.fromEntries(seen)).toEqual({ 'north-bank': 0, sparhaus: 0, 'harbour-bank': 30 })
  expect(world.windows('right', { window: '5m', at: START + until })[0]!.values.ratio).toBe(1)
})

test('most runs crash, or fail at a proxy, or a login is asked for: told of the scraper; now and then is not', () => {
  const until = 5 * MINUTE
  const failing = (bank: string, outcome: string, every: number) =>
    sameBank(bank, {}, until).map((run, i) => (i % every === 0 ? { ...run, outcome } : run))
  const runs = [
    ...failing('north-bank', 'crashed', 1),
    ...failing('sparhaus', 'proxy_failed', 1),
    ...failing('harbour-bank', 'crashed', 4),
    ...failing('castle-trust', 'auth_failed', 30),
  ]
  const world = simulate(config, { runs }, { until: START + until })
  expect(changes(world).toSorted()).toEqual([
    'crashed north-bank fired',
    'login castle-trust fired',
    'proxy-failed sparhaus fired',
  ])
})
