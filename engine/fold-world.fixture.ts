/** Random configurations and random logs of all that may stand in one, for properties of the partition fold. */
import fc from 'fast-check'
import type {
  CompiledConfig,
  CompiledMetric,
  CompiledRule,
  CompiledStream,
  Condition,
} from './config/compiled.ts'
import { RUNGS, STATS, STATS_OF_EVENTS } from './config/compiled.ts'
import { parseDuration } from './config/duration.ts'
import { fitWindow } from './config/window.ts'
import type { Entry } from './event/entry.ts'
import { START, testConfig } from './fold.fixture.ts'
import { Texts } from './event/texts.ts'
import { drift, noData, spike, threshold } from './rule/rule.fixture.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const WINDOWS = (['1m', '5m', '10m/5m', '1h', '1d'] as const).map((name) => {
  const [size, slide] = name.split('/')
  const fit = fitWindow(name, parseDuration(size)!, slide === undefined ? undefined : parseDuration(slide)!)
  if (!fit.ok) throw new Error(fit.why)
  return fit.window
})

const metric: fc.Arbitrary<Omit<CompiledMetric, 'name' | 'stream' | 'title' | 'unit' | 'hash'>> = fc
  .record({
    by: fc.constantFrom<string[][]>([], ['k'], ['good'], ['k', 'good']),
    of: fc.constantFrom('v', 'v', 'k', null),
    where: fc.constantFrom<(Condition | null)[]>(null, null, { good: { is: true } }, { v: { above: 50 } }),
    among: fc.constantFrom<(Condition | undefined)[]>(
      undefined,
      undefined,
      { good: { is: true } },
      { v: { below: 120 } },
    ),
    stats: fc.subarray([...STATS], { minLength: 1 }),
    windows: fc.subarray(WINDOWS, { minLength: 1 }),
    series: fc.subarray([...RUNGS]),
  })
  .map(({ of, where, among, stats, ...rest }) => {
    const possible = stats.filter((stat) => {
      if (stat === 'ratio') return where !== null
      return STATS_OF_EVENTS.includes(stat) || of === 'v' || (of === 'k' && stat === 'distinct')
    })
    // A text may only be counted.
    const field = of === 'k' && !possible.includes('distinct') ? null : of
    return {
      ...rest,
      where,
      ...(among && { among }),
      of: field,
      stats: possible.length > 0 ? possible : ['count' as const],
    }
  })

const rule = fc.record({
  kind: fc.constantFrom('threshold', 'spike', 'noData', 'drift'),
  metric: fc.nat(),
  stat: fc.nat(),
  window: fc.nat(),
  level: fc.constantFrom(0, 0.5, 2, 40, 120),
  for: fc.constantFrom(0, 20_000, 3 * MINUTE),
  minSamples: fc.constantFrom(1, 3),
})

/** Few objects, so that their schemas are compiled once. */
const STREAMS = (['live', 'event'] as const).flatMap((clock) =>
  [0, MINUTE, 10 * MINUTE].map((lateness): CompiledStream => {
    const [stream] = testConfig(clock).streams
    return { ...stream!, lateness, schema: { ...stream!.schema, required: ['at', 'k', 'good'] } }
  }),
)

export interface World {
  /** Control entries `2-0`, `3-0`, … switch between two: `odd`, which is there from the start, and `even`. */
  odd: CompiledConfig
  even: CompiledConfig
}

export const someWorlds: fc.Arbitrary<World> = fc
  .record({
    stream: fc.constantFrom(...STREAMS),
    metrics: fc.array(metric, { minLength: 1, maxLength: 3 }),
    rules: fc.array(rule, { maxLength: 4 }),
    kept: fc.nat({ max: 3 }),
  })
  .map(({ stream, metrics: specs, rules: looks, kept }) => {
    const metrics = specs.map((spec, i): CompiledMetric => {
      const hash = JSON.stringify({ ...spec, series: [] })
      return { ...spec, name: `m${i}`, stream: 's', title: '', unit: '', hash }
    })
    const rules = looks.map((look, i) => ruleOf(look, i, metrics))
    const first = { ...testConfig(stream.clock), streams: [stream], metrics, rules }
    const left = metrics.filter((_, i) => i !== kept)
    const second = {
      ...first,
      metrics: left.map((one) => ({ ...one, series: ['1m' as const] })),
      rules: rules.filter(({ metric: name }, i) => i !== kept && left.some((one) => one.name === name)),
    }
    return { odd: first, even: second }
  })

function ruleOf(
  look: typeof rule extends fc.Arbitrary<infer R> ? R : never,
  i: number,
  metrics: CompiledMetric[],
): CompiledRule {
  const of = metrics[look.metric % metrics.length]!
  const window = of.windows[look.window % of.windows.length]!
  const stat = of.stats[look.stat % of.stats.length]!
  const id = `r${i}`
  const common = {
    id,
    hash: `${id}${JSON.stringify(look)}`,
    metric: of.name,
    stat,
    window: window.name,
    for: look.for,
  }
  if (look.kind === 'noData') return noData({ ...common, stat: 'count', for: MINUTE + look.for })
  if (look.kind === 'threshold')
    return threshold({ ...common, above: look.level, clear: look.level / 2, minSamples: look.minSamples })
  if (look.kind === 'drift') {
    const [first, ...rest] = of.by
    const by = first === undefined || rest.length === 0 ? of.by : [first]
    const across = stat === 'ratio' ? (rest[0] ?? null) : null
    const few = { minSamples: look.minSamples, minHistory: look.minSamples, change: look.level / 200 }
    return drift({ ...common, over: 4 * window.size, by, across, ...few })
  }
  return spike({ ...common, over: 4 * window.size, times: 1 + look.level / 40, minSamples: look.minSamples })
}

const row = fc.record({
  what: fc.oneof(
    { weight: 25, arbitrary: fc.constant('event') },
    { weight: 5, arbitrary: fc.constantFrom('late', 'future', 'broken', 'timeless', 'empty') },
  ),
  /** Behind log time, ms. */
  behind: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 90_000 })),
  k: fc.constantFrom('a', 'b', 'c', 'd'),
  v: fc.oneof(fc.integer({ min: -5, max: 200 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })),
  good: fc.boolean(),
  id: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }).map(String) },
  ),
})
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never

const step = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('batch', 'delayed' as const) },
    { weight: 4, arbitrary: fc.constantFrom('flat', 'again', 'tick' as const) },
    { weight: 1, arbitrary: fc.constantFrom('gap', 'reject', 'broken', 'control' as const) },
  ),
  from: fc.constantFrom('p~1~a', 'q~1~b'),
  wait: fc.oneof(
    { weight: 12, arbitrary: fc.nat({ max: 15_000 }) },
    { weight: 6, arbitrary: fc.nat({ max: 5 * MINUTE }) },
    { weight: 1, arbitrary: fc.nat({ max: 26 * HOUR }) },
  ),
  rows: fc.array(row, { minLength: 1, maxLength: 8 }),
  pick: fc.nat(),
})

/** Logs with events of all ages, twice, torn, dead and too late, from two producers and from anybody. */
export const someLogs: fc.Arbitrary<Entry[]> = fc
  .array(step, { minLength: 5, maxLength: 60 })
  .map((steps) => {
    const entries: Entry[] = []
    const batches: (Entry & { kind: 'batch' })[] = []
    const delayed: (Entry & { kind: 'batch' })[] = []
    const next = new Map<string, number>()
    const numbers = (from: string, n: number): number => {
      const seq = next.get(from) ?? 0
      next.set(from, seq + n)
      return seq
    }
    let control = 1
    let now = START
    const put = (entry: object): void => {
      entries.push({ ...entry, id: `${now}-${entries.length}`, ms: now } as Entry)
    }
    for (const { kind, from, wait, rows, pick } of steps) {
      now += wait
      const n = rows.length
      const late = delayed.pop()
      if (late) put(late)
      switch (kind) {
        case 'batch':
        case 'delayed': {
          const seq = numbers(from, n)
          const batch = {
            kind: 'batch' as const,
            from,
            seq,
            n,
            schema: 'x',
            minute: 0,
            columns: columnsOf(rows, now),
          }
          batches.push(batch as never)
          if (kind === 'delayed') delayed.push(batch as never)
          else put(batch)
          break
        }
        case 'again':
          if (batches.length > 0) put(batches[pick % batches.length]!)
          break
        case 'gap':
          numbers(from, 1 + (pick % 3))
          break
        case 'flat':
          put({ kind, fields: Texts.of(flatOf(rows[0]!, now)) })
          break
        case 'reject':
          put({
            kind,
            from,
            seq: numbers(from, 1),
            n: 1,
            rows: [{ reason: 'no number', origin: 'line 1', raw: '{' }],
          })
          break
        case 'broken':
          put({ kind, reason: 'unreadable', raw: 'x' })
          break
        case 'control':
          put({ kind, control: `${++control}-0` })
          break
        case 'tick':
          put({ kind })
      }
    }
    // Time passes until everything that waits for it has happened.
    for (let i = 0; i < 20; i++) {
      now += i < 15 ? 10_000 : HOUR
      put({ kind: 'tick' })
    }
    return entries
  })

function timeOf({ what, behind }: Row, now: number): number | null {
  if (what === 'timeless') return null
  if (what === 'future') return now + 120_000 + behind
  return what === 'late' ? now - behind - 15 * MINUTE : now - behind
}

function columnsOf(rows: Row[], now: number): Record<string, unknown[]> {
  const columns: Record<string, unknown[]> = {
    at: rows.map((one) => timeOf(one, now)),
    k: rows.map(({ k }) => k),
    v: rows.map(({ what, v }) => (what === 'broken' ? 'x' : what === 'empty' ? null : v)),
    good: rows.map(({ good }) => good),
  }
  return rows.some(({ id }) => id !== null) ? { ...columns, id: rows.map(({ id }) => id) } : columns
}

function flatOf(one: Row, now: number): string[] {
  const { k, good, id, what, v } = one
  const fields = [
    'at',
    String(timeOf(one, now)),
    'k',
    k,
    'good',
    String(good),
    'v',
    what === 'broken' ? 'x' : String(v),
  ]
  return id === null ? fields : [...fields, 'id', id]
}
