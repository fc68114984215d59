/** Drift on a stream of page templates: against brute force over the raw events, and case by case. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CompiledConfig, CompiledMetric, DriftRule } from '../config/compiled.ts'
import type { Columns, Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import { START, testConfig } from '../fold.fixture.ts'
import { drift } from './rule.fixture.ts'
import type { VerdictChange } from './verdict.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface Read {
  at: number
  template: string
  scraper: string
  field: string
  lost: boolean
  value: number
}

const [stream] = testConfig('live').streams
const [share] = testConfig('live').metrics
const text = { type: 'string' }
const metric: CompiledMetric = {
  ...share!,
  name: 'lost',
  by: ['template', 'scraper', 'field'],
  where: { lost: { is: true } },
  of: null,
  stats: ['ratio'],
  hash: 'hl',
}
const value: CompiledMetric = {
  ...metric,
  name: 'value',
  where: null,
  of: 'value',
  stats: ['mean'],
  hash: 'hv',
}
const kinds: CompiledMetric = { ...value, name: 'kinds', stats: ['distinct'], hash: 'hk' }

function configOf(...rules: DriftRule[]): CompiledConfig {
  const properties = {
    at: { type: 'number' },
    template: text,
    scraper: text,
    field: text,
    lost: { type: 'boolean' },
    value: { type: 'number' },
  }
  const schema = { type: 'object' as const, properties }
  const streams = [{ ...stream!, key: 'template', schema }]
  return { ...testConfig('live', rules), streams, metrics: [metric, value, kinds] }
}

const rule = drift({ metric: 'lost', by: ['template'], across: 'scraper', direction: 'up' })

/** A fold that is fed and looked at as time passes. */
class Watched {
  readonly told: VerdictChange[] = []
  private readonly fold: PartitionFold
  private entries = 0

  constructor(...rules: DriftRule[]) {
    const config = configOf(...rules)
    this.fold = new PartitionFold('s', 0, '1-0', () => config)
  }

  /** All that happened in the ten seconds up to `end`, and a look at them. */
  pass(end: number, reads: readonly Read[]): VerdictChange[] {
    if (reads.length > 0) {
      const columns: Columns = {}
      for (const name of ['at', 'template', 'scraper', 'field', 'lost', 'value'] as const)
        columns[name] = reads.map((read) => read[name])
      const n = reads.length
      this.step({
        ...this.id(end),
        kind: 'batch',
        from: `p~1~${this.entries}`,
        seq: 0,
        n,
        schema: 'x',
        minute: 0,
        columns,
      })
    }
    this.step({ ...this.id(end + 2000), kind: 'tick' })
    const told = this.fold.take().told.map(({ change }) => change)
    this.told.push(...told)
    return told
  }

  private step(entry: Entry): void {
    this.fold.step(entry)
  }

  private id(ms: number): { id: string; ms: number } {
    return { id: `${ms}-${this.entries++}`, ms }
  }
}

/** Brute force: the same judgement from the raw events, remembered groups and all. */
class Model {
  readonly open = new Map<string, string>()
  private readonly away = new Map<string, { seen: number; hits: number; of: number }>()
  private readonly groups = new Map<string, Read[]>()
  private readonly rule: DriftRule

  constructor(rule: DriftRule) {
    this.rule = rule
  }

  look(end: number, fresh: readonly Read[]): void {
    const { groups } = this
    for (const read of fresh) {
      const key = [read.template, read.scraper, read.field].join()
      groups.set(key, [...(groups.get(key) ?? []), read])
    }
    const known = new Map<string, { away: number; ok: number; unknown: number; firing: number }>()
    const pools = new Map<
      string,
      { key: string; hits: number; n: number; p: number; hits0: number; n0: number }[]
    >()
    const seen = (template: string) => {
      const one = known.get(template) ?? { away: 0, ok: 0, unknown: 0, firing: 0 }
      known.set(template, one)
      return one
    }
    for (const [key, all] of groups) {
      const { template, field } = all[0]!
      const between = (from: number, to: number) => all.filter(({ at }) => at >= from && at < to)
      const window = between(end - MINUTE, end)
      const to = Math.floor((end - MINUTE) / MINUTE) * MINUTE
      const history = between(to - HOUR, to)
      const hits = window.filter(({ lost }) => lost).length
      const before = this.away.get(key)
      if (before && window.length > 0) before.seen = end
      if (before && end - before.seen >= HOUR) this.away.delete(key)
      const frozen = this.away.get(key)
      const [hits0, n0] = frozen
        ? [frozen.hits, frozen.of]
        : [history.filter(({ lost }) => lost).length, history.length]
      const moved = hits / window.length - hits0 / n0
      const p = (hits0 + 1) / (n0 + 2)
      const state = seen(template)
      if (n0 < this.rule.minHistory || window.length < (frozen ? 1 : this.rule.minSamples)) {
        if (frozen) state.away++
        else state.unknown++
      } else if (moved >= this.rule.change && (frozen || tail(hits, window.length, p) < 1e-4)) {
        this.away.set(key, frozen ?? { seen: end, hits: hits0, of: n0 })
        state.firing++
      } else {
        this.away.delete(key)
        state.ok++
      }
      if (this.away.has(key) || n0 < this.rule.minHistory || window.length === 0) continue
      const pool = pools.get(`${template} ${field}`) ?? []
      pools.set(`${template} ${field}`, pool)
      pool.push({ key, hits, n: window.length, p, hits0, n0 })
    }
    for (const [name, pool] of pools) {
      const sum = (of: (one: (typeof pool)[number]) => number) => pool.reduce((all, one) => all + of(one), 0)
      const [n, hits, expected] = [sum((one) => one.n), sum((one) => one.hits), sum((one) => one.n * one.p)]
      if (n < this.rule.minSamples || (hits - expected) / n < this.rule.change) continue
      if (tail(hits, n, expected / n) >= 1e-4) continue
      for (const one of pool) {
        if (one.hits / one.n - one.hits0 / one.n0 < this.rule.change) continue
        this.away.set(one.key, { seen: end, hits: one.hits0, of: one.n0 })
        seen(name.split(' ')[0]!).firing++
      }
    }
    for (const [template, { away, ok, unknown, firing }] of known) {
      if (firing > 0) this.open.set(template, 'firing')
      else if (away > 0 || (ok === 0 && unknown > 0)) {
        if (this.open.has(template)) this.open.set(template, 'unknown')
      } else this.open.delete(template)
    }
  }
}

/** P(X >= hits), term by term. */
function tail(hits: number, n: number, p: number): number {
  let sum = 0
  for (let i = hits; i <= n; i++) {
    let term = 1
    for (let k = 0; k < n; k++) term *= k < i ? ((n - k) / (i - k)) * p : 1 - p
    sum += term
  }
  return sum
}

/** Mulberry32: numbers from 0 to 1 of a seed. */
function drawing(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const plan = fc.record({
  /** Share of reads that are lost before and after the break, per scraper; the second template is as it was. */
  before: fc.constantFrom(0, 0.02, 0.3),
  after: fc.array(fc.constantFrom(0, 0.3, 1), { minLength: 3, maxLength: 3 }),
  /** Seconds between two runs. */
  every: fc.constantFrom(10, 20, 50),
  breaks: fc.integer({ min: 20, max: 40 }),
  mends: fc.integer({ min: 41, max: 100 }),
  /** Minutes in which nobody runs. */
  pause: fc.integer({ min: 30, max: 100 }),
  seed: fc.nat(),
})

/** One that fires, whatever is drawn beside it. */
const BROKEN = { before: 0, after: [1, 1, 1], every: 10, breaks: 40, mends: 100, pause: 30, seed: 1 }

test('what fires, for whom and when, is what brute force over the raw events says', () => {
  let fired = 0
  fc.assert(
    fc.property(plan, ({ before, after, every, breaks, mends, pause, seed }) => {
      const watched = new Watched(rule)
      const model = new Model(rule)
      const open = new Map<string, string>()
      const draw = drawing(seed)
      for (let second = 10; second <= 110 * 60; second += 10) {
        const end = START + second * 1000
        const minute = second / 60
        const fresh: Read[] = []
        for (const [i, share] of after.entries()) {
          const runs = (second + 10 * i) % every === 0 && Math.abs(minute - pause) > 2
          if (!runs) continue
          for (const template of ['shop', 'bank']) {
            const broken = template === 'shop' && minute >= breaks && minute < mends
            for (const field of ['price', 'stock']) {
              const lost = draw() < (broken && field === 'price' ? share : before)
              fresh.push({ at: end - 1 - i, template, scraper: `s${i}`, field, lost, value: 1 })
            }
          }
        }
        for (const { group, verdict } of watched.pass(end, fresh)) {
          const [template] = JSON.parse(group) as [string]
          if (verdict === 'ok') open.delete(template)
          else open.set(template, verdict)
          if (verdict === 'firing') fired++
        }
        model.look(end, fresh)
        expect(open, `at ${second} s`).toEqual(model.open)
      }
    }),
    { numRuns: 8, examples: [[BROKEN]] },
  )
  expect(fired).toBeGreaterThan(0)
}, 120_000)

/** Three scrapers of one template, each with one run of two fields in 30 s. */
function runs(end: number, found: (scraper: number, field: string) => Partial<Read> = () => ({})): Read[] {
  if ((end / 1000) % 30 !== 0) return []
  return [0, 1, 2].flatMap((i) =>
    ['price', 'stock'].map((field) => ({
      at: end - 1 - i,
      template: 'shop',
      scraper: `s${i}`,
      field,
      lost: false,
      value: 100,
      ...found(i, field),
    })),
  )
}

/** Minutes from…to, and what was told in them. */
function through(
  watched: Watched,
  from: number,
  to: number,
  found?: (scraper: number, field: string) => Partial<Read>,
): VerdictChange[] {
  const told: VerdictChange[] = []
  for (let end = START + from * MINUTE + 10_000; end <= START + to * MINUTE; end += 10_000)
    told.push(...watched.pass(end, runs(end, found)))
  return told
}

const breaks = (i: number, field: string): Partial<Read> => ({ lost: field === 'price' && i < 2 })

test('a template that breaks is one alert that names its scrapers and fields, until it is mended', () => {
  const watched = new Watched(rule)
  expect(through(watched, 0, 30)).toEqual([])
  const [fired, ...more] = through(watched, 30, 31, breaks)
  expect(more).toEqual([])
  expect(fired).toMatchObject({
    verdict: 'firing',
    group: '["shop"]',
    reason: '2 of 6 groups above history',
    about: { scraper: ['s0', 's1'], field: ['price'] },
    normal: 0,
  })
  // Two runs of each are too few to tell by themselves; together they are enough.
  expect(fired!.at).toBe(START + 31 * MINUTE)
  // Longer than its history lasts: what is wrong does not become what is usual.
  const later = through(watched, 31, 200, breaks)
  expect(later.filter(({ verdict }) => verdict !== 'firing')).toEqual([])
  expect(through(watched, 200, 203).at(-1)).toMatchObject({ verdict: 'ok', reason: 'within history' })
})

test('a rule that began in the middle of a break says nothing of it, and too little history is unknown', () => {
  const watched = new Watched(rule)
  expect(through(watched, 0, 9, breaks)).toEqual([])
  expect(through(watched, 9, 100, breaks)).toEqual([])
})

test('a range is left when all values are beyond it; after a history of its own it is the new usual', () => {
  const watched = new Watched(drift({ metric: 'value', stat: 'mean', by: ['template'], minSamples: 2 }))
  expect(through(watched, 0, 40, (i) => ({ value: 100 + 10 * i }))).toEqual([])
  const slipped = (i: number): Partial<Read> => ({ value: i === 1 ? 1.1 : 100 + 10 * i })
  // One slipped decimal point beside a good value is no drift; nothing but slipped ones is.
  expect(through(watched, 40, 40.5, slipped)).toEqual([])
  const told = through(watched, 40.5, 150, slipped)
  expect(told.map(({ verdict }) => verdict)).toEqual(['firing', 'ok'])
  expect(told[0]).toMatchObject({
    reason: '2 of 6 groups below history',
    about: { scraper: ['s1'], field: ['price', 'stock'] },
    value: 1.1,
    normal: 110,
  })
  expect(told[1]!.at - told[0]!.at).toBe(HOUR)
})

test('values that a history does not know are told, known ones that come back are not', () => {
  const watched = new Watched(drift({ metric: 'kinds', stat: 'distinct', by: ['template'], minSamples: 1 }))
  expect(through(watched, 0, 30, (i) => ({ value: i }))).toEqual([])
  const [fired, ...more] = through(watched, 30, 32, (i) => ({ value: i === 2 ? 7 : i }))
  expect(more).toEqual([])
  expect(fired).toMatchObject({ verdict: 'firing', value: 1, normal: 1, about: { scraper: ['s2'] } })
})
