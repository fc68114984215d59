import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ClosedBlock, Outputs } from './commit/folding.ts'
import type { CompiledConfig, CompiledRule } from './config/compiled.ts'
import type { Entry } from './event/entry.ts'
import { PartitionFold } from './fold.ts'
import { entriesOf, START, testConfig, type TestEvent } from './fold.fixture.ts'
import type { ViewBlock, ViewHeader } from './view/encode.ts'

const fresh = (clock: 'live' | 'event', rules: CompiledRule[] = []): PartitionFold =>
  new PartitionFold('s', 0, '1-0', () => testConfig(clock, rules))

const tick = (ms: number): Entry => ({ kind: 'tick', id: `${ms}-9`, ms })

/** Events over `span` ms in order, then shuffled by at most `disorder` ms. */
const someEvents = (span: number, disorder: number): fc.Arbitrary<TestEvent[]> =>
  fc
    .array(
      fc.record({
        offset: fc.integer({ min: 0, max: span }),
        jitter: fc.integer({ min: 0, max: disorder }),
        k: fc.constantFrom('a', 'b', 'c'),
        v: fc.integer({ min: 1, max: 10_000 }),
        good: fc.boolean(),
      }),
      { minLength: 1, maxLength: 150 },
    )
    .map((list) =>
      list
        .sort((a, b) => a.offset + a.jitter - (b.offset + b.jitter))
        .map(({ offset, k, v, good }) => ({ at: START + offset, k, v, good })),
    )

/** Last write wins: what the series hold in the end, keyed by metric, rung, pane and group. */
function seriesOf(outputs: Outputs[]): Map<string, Record<string, number | null>> {
  const points = new Map<string, Record<string, number | null>>()
  const write = (block: ClosedBlock): void => {
    for (const [i, group] of block.groups.entries()) {
      const values = Object.fromEntries(block.columns.map((column, k) => [column, block.values[k]![i]!]))
      points.set(`${block.metric} ${block.rung} ${block.at} ${group}`, values)
    }
  }
  for (const out of outputs) for (const block of out.closed) write(block)
  return points
}

const SIZES = { '10s': 10_000, '1m': 60_000, '10m': 600_000, '1h': 3_600_000 }

function bruteSeries(events: TestEvent[], rung: keyof typeof SIZES): Map<string, TestEvent[]> {
  const panes = new Map<string, TestEvent[]>()
  for (const event of events) {
    const at = Math.floor(event.at / SIZES[rung]) * SIZES[rung]
    const key = `m ${rung} ${at} ["${event.k}"]`
    panes.set(key, [...(panes.get(key) ?? []), event])
  }
  return panes
}

for (const clock of ['event', 'live'] as const) {
  it(`closed panes of every rung equal brute force, ${clock} clock, with events out of order`, () => {
    fc.assert(
      fc.property(someEvents(3 * 3_600_000, 50_000), fc.integer({ min: 1, max: 40 }), (events, rows) => {
        const fold = fresh(clock)
        // A live log that is loaded with history: everything arrives within a minute, hours after it happened.
        const loadedAt = START + 4 * 3_600_000
        const entries = entriesOf(events, rows, (newest, i) =>
          clock === 'live' ? loadedAt + i * 100 : newest + 60_000,
        )
        for (const entry of entries) fold.step(entry)
        const end: TestEvent = { at: START + 30 * 3_600_000, k: 'z', v: 1, good: true }
        for (const entry of entriesOf([end], 1, () => end.at)) fold.step({ ...entry, from: 'q~1~a' } as Entry)
        fold.step(tick(end.at + 3_700_000))
        expect(fold.small()).toMatchObject({ counted: events.length + 1, late: 0, dead: 0 })
        const series = seriesOf([fold.take()])
        for (const rung of ['10s', '1m', '10m', '1h'] as const) {
          for (const [key, pane] of bruteSeries(events, rung)) {
            const values = pane.map((event) => event.v).sort((a, b) => a - b)
            const point = series.get(key)!
            expect(point, key).toMatchObject({
              count: pane.length,
              sum: values.reduce((a, b) => a + b, 0),
              min: values[0],
              max: values.at(-1),
            })
            const exact = values[Math.floor(0.95 * (values.length - 1))]!
            expect(Math.abs(point.p95! - exact)).toBeLessThanOrEqual(exact * 0.0101)
            const mean = values.reduce((a, b) => a + b, 0) / values.length
            const m2 = values.reduce((a, b) => a + (b - mean) ** 2, 0)
            expect(Math.abs(point.m2! - m2)).toBeLessThanOrEqual(1e-6 * Math.max(1, m2))
          }
        }
      }),
      { numRuns: 20 },
    )
  }, 120_000)
}

/** What is told of live events, `rows` an entry, 15 s after the last of them at `lastMs`. */
function shownOf(events: TestEvent[], rows: number): Outputs & { lastMs: number } {
  const fold = fresh('live')
  const entries = entriesOf(events, rows, (newest) => newest + 30_000)
  const lastMs = Math.max(...entries.map((entry) => entry.ms), ...events.map((event) => event.at))
  for (const entry of entries) fold.step(entry)
  fold.step(tick(lastMs + 15_000))
  return { ...fold.take(), lastMs }
}

it('windows in the view equal brute force as of their slide', () => {
  fc.assert(
    fc.property(someEvents(20 * 60_000, 1500), fc.integer({ min: 1, max: 20 }), (events, rows) => {
      const { view, lastMs } = shownOf(events, rows)
      const header = JSON.parse(view.get('m/1m')!) as ViewHeader
      const block = JSON.parse(view.get('m/1m/0')!) as ViewBlock
      expect(header.asOf).toBe(Math.floor((lastMs + 15_000 - 2000) / 10_000) * 10_000)
      for (const [i, key] of block.g.entries()) {
        const inside = events.filter(
          (e) => JSON.stringify([e.k]) === key && e.at >= header.asOf - 60_000 && e.at < header.asOf,
        )
        expect(block.count![i]).toBe(inside.length)
        expect(block.sum![i]).toBe(inside.reduce((sum, e) => sum + e.v, 0))
        expect(block.max![i]).toBe(inside.length ? Math.max(...inside.map((e) => e.v)) : null)
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

it('what is none of `among` is in no window, no share and no series, nor does it make a group', () => {
  fc.assert(
    fc.property(someEvents(20 * 60_000, 1500), fc.integer({ min: 1, max: 20 }), (events, rows) => {
      const { view, closed } = shownOf(events, rows)
      const asked = events.filter(({ k, v }) => v > 2500 && k !== 'c')
      const keyOf = ({ k }: TestEvent): string => JSON.stringify([k])
      const { asOf } = JSON.parse(view.get('share-among/1m')!) as ViewHeader
      const block = JSON.parse(view.get('share-among/1m/0') ?? '{"g":[]}') as ViewBlock
      expect(new Set(block.g)).toEqual(new Set(asked.filter(({ at }) => at < asOf).map(keyOf)))
      for (const [i, key] of block.g.entries()) {
        const inside = asked.filter((e) => keyOf(e) === key && e.at >= asOf - 60_000 && e.at < asOf)
        const good = inside.filter((e) => e.good)
        expect(block.count![i]).toBe(good.length)
        expect(block.sum![i]).toBe(good.reduce((sum, e) => sum + e.v, 0))
        expect(block.ratio![i]).toBe(inside.length === 0 ? null : good.length / inside.length)
      }
      for (const [key, { total, count }] of seriesOf([{ closed } as Outputs])) {
        if (!key.startsWith('share-among 1m ')) continue
        const [, , at, group] = key.split(' ')
        const inside = asked.filter((e) => keyOf(e) === group && e.at - (e.at % 60_000) === Number(at))
        expect([total, count], key).toEqual([inside.length, inside.filter((e) => e.good).length])
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

const RULES: CompiledRule[] = [
  {
    id: 'high',
    kind: 'threshold',
    metric: 'm',
    stat: 'mean',
    window: '1m',
    severity: 'critical',
    notify: [],
    says: null,
    for: 20_000,
    hash: 'r1',
    above: 5000,
    below: null,
    clear: 4000,
    minSamples: 1,
  },
  {
    id: 'quiet',
    kind: 'noData',
    metric: 'm',
    stat: 'count',
    window: '1m',
    severity: 'warning',
    notify: [],
    says: null,
    for: 120_000,
    hash: 'r2',
  },
]

it('history that ends shows its open panes after a quiet moment, and a later event overwrites them', () => {
  const events = [0, 30 * 60_000, 70 * 60_000].map((offset) => ({
    at: START + offset,
    k: 'a',
    v: 2,
    good: true,
  }))
  const fold = fresh('event')
  for (const entry of entriesOf(events, 1, () => START + 86_400_000)) fold.step(entry)
  const before = seriesOf([fold.take()])
  expect(before.get(`m 1h ${START} ["a"]`)).toMatchObject({ count: 2, sum: 4 })
  expect(before.get(`m 1h ${START + 3_600_000} ["a"]`)).toBeUndefined()
  fold.step(tick(fold.dueAt()!))
  expect(fold.dueAt()).toBeNull()
  const shown = seriesOf([fold.take()])
  for (const rung of ['10s', '1m', '10m'] as const) {
    expect(shown.get(`m ${rung} ${START + 70 * 60_000} ["a"]`)).toMatchObject({ count: 1, sum: 2 })
  }
  expect(shown.get(`m 1h ${START + 3_600_000} ["a"]`)).toMatchObject({ count: 1, sum: 2 })
})

it('a window with a long slide is shown before its first slide, as of the slide before', () => {
  const fold = fresh('live')
  const at = START + 90_000
  for (const entry of entriesOf([{ at: START + 30_000, k: 'a', v: 7, good: true }], 1, () => at))
    fold.step(entry)
  fold.step(tick(at + 10_000))
  const { view } = fold.take()
  expect((JSON.parse(view.get('m/1h')!) as ViewHeader).asOf).toBe(START + 60_000)
  expect((JSON.parse(view.get('m/1h/0')!) as ViewBlock).sum).toEqual([7])
})

it('a slide that is passed on the way to a later turn is shown there, not a slide later', () => {
  const config = testConfig('live')
  config.metrics = [
    { ...config.metrics[0]!, windows: [{ name: '10m', size: 600_000, slide: 300_000, rung: '1m' }] },
  ]
  const fold = new PartitionFold('s', 0, '1-0', () => config)
  for (const at of [START + 1000, START + 299_000])
    for (const entry of entriesOf([{ at, k: 'a', v: 7, good: true }], 1, () => at)) fold.step(entry)
  // Nothing came for half a minute: one entry passes the boundary and two turns more.
  fold.step(tick(START + 325_000))
  expect((JSON.parse(fold.take().view.get('m/10m')!) as ViewHeader).asOf).toBe(START + 300_000)
})

it('a view that one config takes away and the next brings back within one commit is there', () => {
  const config = testConfig('live')
  const configs: Record<string, CompiledConfig> = {
    '1-0': config,
    '2-0': { ...config, metrics: [] },
    '3-0': config,
    '4-0': { ...config, metrics: [] },
  }
  const fold = new PartitionFold('s', 0, '1-0', (id) => configs[id]!)
  const control = (ms: number, id: string): Entry => ({ kind: 'control', id: `${ms}-7`, ms, control: id })
  for (const entry of entriesOf([{ at: START, k: 'a', v: 7, good: true }], 1, () => START)) fold.step(entry)
  fold.step(tick(START + 20_000))
  expect(fold.take().view.has('m/1m')).toBe(true)
  fold.step(control(START + 21_000, '2-0'))
  fold.step(control(START + 22_000, '3-0'))
  fold.step(tick(START + 40_000))
  const { view, viewGone } = fold.take()
  expect(view.has('m/1m')).toBe(true)
  expect(viewGone).not.toContain('m/1m')
  fold.step(control(START + 41_000, '4-0'))
  expect(fold.take().viewGone).toContain('m/1m')
})

it('an empty log of a stream whose silence is watched asks for time to pass, and fires', () => {
  const silence: CompiledRule = { ...RULES[1]!, id: 'nothing', metric: 'all' }
  const config = testConfig('live', [silence])
  config.metrics = [{ ...config.metrics[0]!, name: 'all', by: [], hash: 'ha' }]
  const fold = new PartitionFold('s', 0, '1-0', () => config)
  expect(fold.dueAt()).toBe(0)
  fold.step(tick(START))
  expect(fold.dueAt()).toBe(START + 2000)
  for (let ms = START; ms <= START + 140_000; ms += 10_000) fold.step(tick(ms))
  expect(fold.take().told.map(({ change }) => [change.rule, change.verdict])).toEqual([['nothing', 'firing']])
})

it('a resent batch counts nothing, a partly new one just its new rows, a hole is filled exactly', () => {
  const events = Array.from({ length: 30 }, (_, i) => ({ at: START + i * 100, k: 'a', v: 1, good: true }))
  const entry = (from: number, to: number): Entry => {
    const [one] = entriesOf(events.slice(from, to), 30, () => START + 10_000)
    return { ...one, seq: from } as Entry
  }
  const fold = fresh('live')
  fold.step(entry(0, 10))
  fold.step(entry(0, 10))
  expect(fold.small()).toMatchObject({ counted: 10, duplicate: 10 })
  fold.step(entry(5, 12))
  expect(fold.small()).toMatchObject({ counted: 12, duplicate: 15 })
  fold.step(entry(20, 30))
  expect(fold.small()).toMatchObject({ counted: 22, missing: 8 })
  fold.step(entry(12, 20))
  expect(fold.small()).toMatchObject({ counted: 30, duplicate: 15, missing: 0 })
})
