import { expect, it } from 'vitest'
import { defineConfig, noData, runs, spike, stream, t, threshold } from '../config/authoring.ts'
import type { RunEvent } from '../event/run.ts'
import { simulate } from './simulate.ts'

const TEN = Date.UTC(2026, 0, 5, 10)
const at = (seconds: number): number => TEN + seconds * 1000

const trades = stream('trades', {
  key: 'pair',
  time: 'at',
  partitions: 2,
  schema: { at: t.Number(), pair: t.String(), volume: t.Number({ minimum: 0 }) },
})
const volume = trades.metric('volume', {
  by: ['pair'],
  of: 'volume',
  stats: ['mean', 'count', 'p95'],
  windows: ['1m', '5m'],
})
const changed = runs.metric('changed', {
  by: ['scraper'],
  where: { outcome: 'layout_changed' },
  stats: ['count'],
  windows: ['5m'],
})
const config = defineConfig({
  rules: [
    spike(volume, { times: 3, over: '1h' }),
    threshold(changed, { above: 0, says: '{scraper} changed its page: no {missing}.' }),
    noData(volume, { for: '10m' }),
  ],
})

const trade = (seconds: number, size = 1, pair = 'BTC-EUR'): Record<string, unknown> => ({
  at: at(seconds),
  pair,
  volume: size,
})

it('an alert fires with its sentence and resolves, in virtual time', () => {
  const events = Array.from({ length: 400 }, (_, i) => trade(i * 10, i >= 390 ? 9 : 1))
  const world = simulate(config, { trades: events })
  const told = world.alerts.filter(({ event }) => event !== 'updated')
  expect(told.map(({ event, alert }) => [event, alert.rule])).toEqual([['fired', 'spike-volume']])
  expect(told[0]!.alert.sentence).toMatch(
    /^BTC-EUR: Volume is .*, 3\.\d times its average of 1 over the last 60 min|1 h/,
  )
  expect(told[0]!.alert.evidence.samples[0]).toEqual({
    at: told[0]!.alert.updatedAt,
    pair: 'BTC-EUR',
    volume: 9,
  })
  // The boundary, and then as long as events may be out of order.
  expect(told[0]!.at - told[0]!.alert.updatedAt).toBe(2000)
})

it('a run needs to say only what the test is about', () => {
  const run = {
    at: '2026-01-05T10:00:03Z',
    scraper: 'north-bank',
    outcome: 'layout_changed',
    missing: ['balance'],
  }
  const world = simulate(config, { runs: [run] })
  expect(world.alerts.map(({ alert }) => alert.sentence)).toEqual([
    'North Bank changed its page: no balance.',
  ])
  expect(world.accounting['runs']).toMatchObject({ counted: 1, dead: 0, late: 0 })
})

it('what is none of `among` is no sample of an alert, and ends no silence', () => {
  const right = runs.metric('right', {
    by: ['scraper'],
    where: { right: false },
    among: { outcome: { not: 'skipped' } },
    stats: ['ratio'],
    windows: ['1m'],
  })
  const rules = [threshold(right, { above: 0.9, name: 'wrong' }), noData(right, { for: '2m', name: 'quiet' })]
  const run = (seconds: number, outcome: string): Record<string, unknown> => {
    return { at: at(seconds), scraper: 'a', outcome }
  }
  const events = [run(1, 'site_down'), run(2, 'blocked'), ...[3, 30, 60, 90].map((s) => run(s, 'skipped'))]
  const world = simulate(defineConfig({ rules }), { runs: events }, { until: at(150) })
  const fired = world.alerts.filter(({ event }) => event === 'fired')
  expect(fired.map(({ alert }) => alert.rule)).toEqual(['wrong', 'quiet'])
  expect(fired[0]!.alert.evidence.samples.map(({ outcome }) => outcome)).toEqual(['blocked', 'site_down'])
})

it('takes what a typed program has', () => {
  const run: RunEvent = {
    at: at(3),
    scraper: 'x',
    kind: 'http',
    fleet: '',
    host: '',
    url: '',
    outcome: 'absent',
    reason: '',
    detail: '',
    right: true,
    ms: 1,
    version: '',
    present: [],
    missing: [],
    empty: [],
    invalid: [],
    absent: [],
  }
  expect(simulate(config, { runs: [run] }).accounting['runs']!.counted).toBe(1)
  expect(run.at).toBe(at(3))
})

it('time runs on until told, so that a silence is noticed, and no further', () => {
  const quiet = (until: string): string[] =>
    simulate(config, { trades: [trade(0)] }, { until }).alerts.map(({ event }) => event)
  expect(quiet('2026-01-05T10:10:01Z')).toEqual([])
  expect(quiet('2026-01-05T10:10:02Z')).toEqual(['fired'])
})

it('what arrives after the end is not read', () => {
  const world = simulate(config, { trades: [trade(0), trade(60)] }, { until: at(59) })
  expect(world.accounting['trades']!.counted).toBe(1)
})

it('windows as of any moment', () => {
  const events = [trade(1, 1), trade(2, 3), trade(31, 8), trade(40, 100, 'ETH-EUR')]
  const world = simulate(config, { trades: events }, { until: at(300) })
  const mean = (when: number, window = '1m'): unknown =>
    world
      .windows('volume', { at: at(when), window, group: { pair: 'BTC-EUR' } })
      .map((row) => row.values.mean)
  expect([mean(5), mean(10), mean(39), mean(40), mean(80), mean(120)]).toEqual([
    [null],
    [2],
    [2],
    [4],
    [8],
    [null],
  ])
  expect(mean(120, '5m')).toEqual([4])
  expect(
    world
      .windows('volume')
      .map((row) => row.group['pair'])
      .toSorted((a = '', b = '') => a.localeCompare(b)),
  ).toEqual(['BTC-EUR', 'ETH-EUR'])
  expect(() => world.windows('volume', { window: '2m' })).toThrow('volume has no window 2m.')
  expect(() => world.windows('volume', { group: { pear: 'x' } })).toThrow('volume is not grouped by pear.')
})

it('series by step, merged over groups', async () => {
  const events = [trade(1, 1), trade(2, 3), trade(31, 8), trade(40, 100, 'ETH-EUR')]
  const world = simulate(config, { trades: events }, { until: at(130) })
  const btc = { pair: 'BTC-EUR' }
  expect(await world.series('volume', { group: btc })).toEqual([[at(0), 4]])
  expect(await world.series('volume', { stat: 'count', step: '1m' })).toEqual([[at(0), 4]])
  await expect(world.series('volume', { stat: 'p95' })).rejects.toThrow('p95 of 2 groups cannot be merged.')
  await expect(world.series('volumes')).rejects.toThrow('there is no metric volumes.')
  expect(await simulate(config, {}).series('volume')).toEqual([])
})

it('late and dead events are told apart, with their reasons', () => {
  const world = simulate(config, {
    trades: [
      trade(0),
      trade(1000),
      { ...trade(5), arriveAt: at(1001) },
      { ...trade(900), arriveAt: '2026-01-05T10:16:41Z' },
      { at: at(1002), pair: 'BTC-EUR', volume: -1 },
      { at: 1_700_000_000, pair: 'BTC-EUR', volume: 1 },
    ],
  })
  expect(world.accounting['trades']).toEqual({
    counted: 3,
    duplicate: 0,
    late: 1,
    dead: 2,
    missing: 0,
    forwarded: 0,
  })
  expect(world.late.map(({ reason, at }) => [reason, at])).toEqual([
    ['later than 300 s behind the watermark', at(1001)],
  ])
  expect(world.dead.map(({ origin, reason }) => [origin, reason])).toEqual([
    ['trades[4]', 'field "volume": expected a number >= 0, found number -1'],
    [
      'trades[5]',
      'field "at" (the time): expected milliseconds since 1970, found 1700000000 (looks like seconds)',
    ],
  ])
})

it('the order in which events are written down does not matter, only when they arrive', () => {
  const events = Array.from({ length: 60 }, (_, i) => trade(i * 7, (i * i) % 13, `P${i % 5}-EUR`))
  const there = simulate(config, { trades: events }, { until: at(900) })
  const back = simulate(config, { trades: events.toReversed() }, { until: at(900) })
  expect(back.alerts).toEqual(there.alerts)
  expect(back.windows('volume')).toEqual(there.windows('volume'))
})

it('mistakes are explained, all at once', () => {
  expect(() => simulate(config, { trade: [] })).toThrow('there is no stream "trade".')
  expect(() => simulate(config, { trades: [{ pair: 'BTC-EUR' }] })).toThrow(
    'trades[0]: it is not known when it arrives.',
  )
  expect(() => simulate(config, {}, { until: 'tomorrow' })).toThrow('until: tomorrow is no time.')
  // Without a zone it would be another time on another machine.
  expect(() => simulate(config, {}, { from: '2026-01-05T10:00:00' })).toThrow(
    'from: 2026-01-05T10:00:00 is no time.',
  )
  const twice = trades.metric('volume', { by: ['pair'], stats: ['count'], windows: ['1m'] })
  expect(() => simulate(defineConfig({ metrics: [volume, twice] }), {})).toThrow(
    'another metric has this name.',
  )
})

it('a stream of history shows its last hour when it has gone quiet', async () => {
  const visits = stream('visits', {
    key: 'page',
    time: 'at',
    clock: 'event',
    schema: { at: t.Number(), page: t.String() },
  })
  const count = visits.metric('visits', { by: ['page'], stats: ['count'], windows: ['1m'] })
  const world = simulate(defineConfig({ metrics: [count] }), { visits: [{ at: at(3), page: '/' }] })
  expect(await world.series('visits', { step: '1h' })).toEqual([[at(0), 1]])
})

it('a silent stream is noticed from when the engine starts', () => {
  const beat = stream('beat', { key: 'k', partitions: 1, schema: { k: t.String() } })
  const beats = beat.metric('beats', { stats: ['count'], windows: ['1m'] })
  const world = simulate(
    defineConfig({ rules: [noData(beats, { for: '1m' })] }),
    {},
    { from: at(0), until: at(600) },
  )
  const told = world.alerts.filter(({ event }) => event !== 'updated')
  expect(told.map(({ event, alert }) => [event, alert.sentence])).toEqual([
    ['fired', 'beats: nothing for 60 s.'],
  ])
})
