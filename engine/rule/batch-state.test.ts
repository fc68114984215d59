/** Batches: by the wall clock, on the fold of runs, and over a restart. */
import { describe, expect, test } from 'vitest'
import { compile } from '../config/compile.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { defineConfig } from '../config/define.ts'
import { atRisk, type AtRiskOptions } from '../config/rule.ts'
import type { Columns, Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import type { BatchReport } from './batch-state.ts'
import { spanAt } from './batch-time.ts'
import { judgeBatch } from './judge-batch.ts'
import type { VerdictChange } from './verdict.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the wall clock', () => {
  const clock = { start: 6 * 60, deadline: 9 * 60, timeZone: 'Europe/Berlin', days: [0, 1, 2, 3, 4, 5, 6] }
  const span = (t: string, more: Partial<typeof clock> = {}) => {
    const { start, deadline, next } = spanAt({ ...clock, ...more }, Date.parse(t))
    return [start, deadline, next].map((at) => new Date(at).toISOString().slice(0, 16))
  }

  test('a batch begins and is due by the clock of its zone, also on the days when that changes', () => {
    expect(span('2026-01-15T08:30:00Z')).toEqual(['2026-01-15T05:00', '2026-01-15T08:00', '2026-01-16T05:00'])
    expect(span('2026-01-15T04:59:59Z')[0]).toBe('2026-01-14T05:00')
    // Summer time begins on 29 March, and ends on 25 October, at 01:00 UTC.
    expect(span('2026-03-28T12:00:00Z')).toEqual(['2026-03-28T05:00', '2026-03-28T08:00', '2026-03-29T04:00'])
    expect(span('2026-10-24T12:00:00Z')[2]).toBe('2026-10-25T05:00')
  })

  test('a night runs into the next day; a week has the days that are named', () => {
    expect(span('2026-01-16T01:00:00Z', { start: 22 * 60, deadline: 2 * 60, timeZone: 'UTC' })).toEqual([
      '2026-01-15T22:00',
      '2026-01-16T02:00',
      '2026-01-16T22:00',
    ])
    // 17 January 2026 is a Saturday.
    expect(span('2026-01-17T12:00:00Z', { days: [1, 5], timeZone: 'UTC' })).toEqual([
      '2026-01-16T06:00',
      '2026-01-16T09:00',
      '2026-01-19T06:00',
    ])
    expect(span('2026-01-15T00:20:00Z', { start: 6 * 60, timeZone: 'Asia/Kathmandu' })[0]).toBe(
      '2026-01-15T00:15',
    )
  })
})

describe('the estimate', () => {
  const span = { start: 0, deadline: 3 * HOUR, next: 24 * HOUR }
  const judge = (minute: number, done: number, last: number | null, expected = 40, whole = true) =>
    judgeBatch(span, { expected, done, lastAt: last === null ? null : last * MINUTE, whole }, minute * MINUTE)

  test('at the pace so far, it is in time or not', () => {
    expect(judge(60, 20, 60)).toMatchObject({ verdict: 'ok', estimate: 2 * HOUR, value: 0.5 })
    expect(judge(60, 10, 60)).toMatchObject({ verdict: 'firing', estimate: 4 * HOUR })
    expect(judge(60, 10, 60).reason).toBe('10 of 40 right, at this pace 1 h too late')
  })

  test('what is stuck is not hidden by what was quick', () => {
    expect(judge(20, 38, 10)).toMatchObject({ verdict: 'ok', estimate: 40 * MINUTE })
    expect(judge(80, 38, 10)).toMatchObject({ verdict: 'firing' })
  })

  test('early, without a scraper, or half watched, nobody can tell; all is all; late is late', () => {
    expect(judge(10, 0, null).verdict).toBe('unknown')
    expect(judge(20, 0, null).verdict).toBe('firing')
    expect(judge(60, 0, null, 0).verdict).toBe('unknown')
    expect(judge(60, 20, 60, 40, false).verdict).toBe('unknown')
    expect(judge(200, 40, 100)).toMatchObject({ verdict: 'ok', estimate: 100 * MINUTE })
    expect(judge(180, 39, 179)).toMatchObject({
      verdict: 'firing',
      reason: '39 of 40 right after the deadline',
    })
  })
})

describe('on the log', () => {
  const DAY = Date.UTC(2026, 0, 15)
  const OPTIONS: AtRiskOptions = { fleet: 'close', start: '06:00', deadline: '09:00', for: '0s' }

  /** A fold over runs, fed minute by minute. */
  class Watched {
    fold: PartitionFold
    readonly told: VerdictChange[] = []
    private readonly config: CompiledConfig
    private readonly view = new Map<string, string>()
    private entries = 0

    constructor(options: Partial<AtRiskOptions> = {}) {
      const rules = [atRisk('morning', { ...OPTIONS, ...options } as AtRiskOptions)]
      const { config, mistakes } = compile(defineConfig({ rules }), { checkFile: () => null })
      expect(mistakes).toEqual([])
      this.config = config
      this.fold = this.fresh()
    }

    /** Runs at `minute` of the day: a scraper, and whether it was right. */
    pass(minute: number, runs: readonly [scraper: string, right: boolean, fleet?: string][]): void {
      const at = DAY + minute * MINUTE
      const column = (value: (run: (typeof runs)[number]) => unknown): unknown[] => runs.map(value)
      const columns: Columns = {
        at: column(() => at),
        scraper: column(([scraper]) => scraper),
        fleet: column(([, , fleet = 'close']) => fleet),
        right: column(([, right]) => right),
        outcome: column(([, right]) => (right ? 'ok' : 'site_down')),
        kind: column(() => 'http'),
        ms: column(() => 1),
      }
      for (const name of ['host', 'url', 'reason', 'detail', 'version']) columns[name] = column(() => 'x')
      for (const name of ['present', 'missing', 'empty', 'invalid', 'absent'])
        columns[name] = column(() => [])
      const n = runs.length
      if (n > 0)
        this.step(at + 3000, {
          kind: 'batch',
          from: `p~1~${this.entries}`,
          seq: 0,
          n,
          schema: 'x',
          minute: 0,
          columns,
        })
      for (let s = 10; s < 60; s += 10) this.step(at + s * 1000 + 3000, { kind: 'tick' })
      const { told, view, dead } = this.fold.take()
      expect(dead).toEqual([])
      this.told.push(...told.map(({ change }) => change))
      for (const [field, json] of view) this.view.set(field, json)
    }

    get report(): BatchReport {
      return JSON.parse(this.view.get('batch~/atRisk-morning')!) as BatchReport
    }

    /** As another worker would go on. */
    restart(): void {
      const { changed } = this.fold.snapshot()
      this.fold = this.fresh()
      this.fold.restore(changed)
    }

    private fresh(): PartitionFold {
      return new PartitionFold('runs', 0, '1-0', () => this.config)
    }

    private step(ms: number, entry: object): void {
      this.fold.step({ ...entry, id: `${ms}-${this.entries++}`, ms } as Entry)
    }
  }

  /** From four in the morning ten scrapers run each hour; in the batch one is right every ten minutes, but three. */
  function play(watched: Watched, to: number, restarts: readonly number[] = []): void {
    for (let minute = 240; minute < to; minute++) {
      const runs: [string, boolean, string?][] = []
      if (minute < 360 && minute % 60 === 0) for (let i = 0; i < 10; i++) runs.push([`s${i}`, true])
      const turn = (minute - 360) / 10
      if (minute >= 360 && Number.isInteger(turn)) {
        runs.push(turn < 7 ? [`s${turn}`, true] : ['s7', false], ['stranger', true, 'others'])
      }
      watched.pass(minute, runs)
      if (restarts.includes(minute)) watched.restart()
    }
  }

  test('a batch that is stuck is told of before its deadline, names who is left, and is over when they come', () => {
    const watched = new Watched()
    play(watched, 430)
    expect(watched.told).toEqual([])
    expect(watched.report).toMatchObject({
      batch: 'morning',
      start: DAY + 6 * HOUR,
      deadline: DAY + 9 * HOUR,
      next: DAY + 30 * HOUR,
      expected: 10,
      done: 7,
      verdict: 'ok',
      left: ['s7', 's8', 's9'],
    })
    for (let minute = 430; minute < 560; minute++) watched.pass(minute, [])
    const [fired] = watched.told
    expect(fired).toMatchObject({ verdict: 'firing', group: '["morning"]', value: 0.7, normal: 1 })
    expect(fired!.about).toEqual({ scraper: ['s7', 's8', 's9'] })
    expect(fired!.at).toBeLessThan(DAY + 9 * HOUR)
    expect(watched.report.reason).toBe('7 of 10 right after the deadline')
    watched.pass(560, [
      ['s7', true],
      ['s8', true],
      ['s9', true],
    ])
    expect(watched.told.at(-1)).toMatchObject({ verdict: 'ok', reason: 'all 10 right' })
  })

  test('a restart anywhere changes nothing', () => {
    const [whole, torn] = [new Watched(), new Watched()]
    play(whole, 520)
    play(torn, 520, [250, 359, 365, 400, 431, 500])
    expect(torn.told).toEqual(whole.told)
    expect(torn.report).toEqual(whole.report)
    expect(whole.told.map(({ verdict }) => verdict)).toContain('firing')
  })

  test('scrapers that are listed are expected whether or not they were ever seen', () => {
    const watched = new Watched({ scrapers: ['s0', 's1', 'ghost'], fleet: undefined })
    play(watched, 400)
    expect(watched.report).toMatchObject({ expected: 3, done: 2, left: ['ghost'] })
  })

  test('who begins to watch in the middle says so, and does not guess', () => {
    const watched = new Watched()
    for (let minute = 420; minute < 440; minute++)
      watched.pass(
        minute,
        minute === 420
          ? [
              ['s1', true],
              ['s2', false],
            ]
          : [],
      )
    expect(watched.told).toEqual([])
    expect(watched.report).toMatchObject({ verdict: 'unknown', expected: 2, done: 1 })
  })
})
