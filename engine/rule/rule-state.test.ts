import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CompiledConfig, CompiledRule, SpikeRule, Stat } from '../config/compiled.ts'
import type { Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import { entriesOf, START, testConfig, type TestEvent } from '../fold.fixture.ts'
import type { ViewBlock, ViewHeader } from '../view/encode.ts'
import { noData, spike, threshold } from './rule.fixture.ts'
import type { VerdictChange } from './verdict.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
let number = 0
const tick = (ms: number): Entry => ({ kind: 'tick', id: `${ms}-9`, ms })
const foldOf = (config: CompiledConfig): PartitionFold => new PartitionFold('s', 0, '1-0', () => config)
const withRules = (...rules: CompiledRule[]): PartitionFold => foldOf(testConfig('live', rules))
const event = (offset: number, v = 1, k = 'a'): TestEvent => ({ at: START + offset, k, v, good: true })

/** Every event as an entry of its own, logged as it happens. */
function send(fold: PartitionFold, ...events: TestEvent[]): void {
  for (const one of events) {
    const [entry] = entriesOf([one], 1, (newest) => newest + 1000)
    fold.step({ ...entry!, from: `p~1~${number++}` } as Entry)
  }
}

function wait(fold: PartitionFold, from: number, to: number): void {
  for (let ms = START + from; ms <= START + to; ms += 10_000) fold.step(tick(ms))
}

const told = (fold: PartitionFold): VerdictChange[] => fold.take().told.map(({ change }) => change)
const verdicts = (fold: PartitionFold): string[] => told(fold).map(({ verdict }) => verdict)

const someEvents = fc
  .array(fc.record({ offset: fc.nat({ max: 100 * MINUTE }), v: fc.integer({ min: 1, max: 1000 }) }), {
    minLength: 1,
    maxLength: 120,
  })
  .map((list) => list.sort((a, b) => a.offset - b.offset).map(({ offset, v }) => event(offset, v)))

const average = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length
const SPIKES: Partial<Record<Stat, (values: number[], rule: SpikeRule) => number>> = {
  mean: average,
  max: (values) => Math.max(...values),
  count: (values, rule) => (values.length * MINUTE) / rule.over,
  sum: (values, rule) => (values.reduce((a, b) => a + b, 0) * MINUTE) / rule.over,
}

test.each(Object.keys(SPIKES) as Stat[])(
  'the baseline of %s is the time before the window, by brute force',
  (stat) => {
    fc.assert(
      fc.property(someEvents, (events) => {
        const rule = spike({ stat })
        const fold = withRules(rule)
        send(fold, ...events)
        wait(fold, 100 * MINUTE, 102 * MINUTE)
        const { view } = fold.take()
        const { asOf } = JSON.parse(view.get('m/1m')!) as ViewHeader
        const block = JSON.parse(view.get('m/1m/0')!) as ViewBlock
        const to = Math.floor((asOf - MINUTE) / MINUTE) * MINUTE
        const inside = events.filter(({ at }) => at >= to - rule.over && at < to).map(({ v }) => v)
        const exact = inside.length === 0 ? null : SPIKES[stat]!(inside, rule)
        const found = block.baseline![0]!
        if (exact === null) expect(found).toBeNull()
        else expect(found).toBeCloseTo(exact, 6)
      }),
      { numRuns: 8 },
    )
  },
)

test('a spike is held against the past alone, and fires when it comes', () => {
  const fold = withRules(spike({ times: 3, minSamples: 30 }))
  for (let i = 0; i < 60; i++) send(fold, event(i * MINUTE, 10))
  expect(verdicts(fold)).toEqual([])
  send(fold, event(60 * MINUTE + 5000, 31))
  wait(fold, 60 * MINUTE + 10_000, 61 * MINUTE)
  const [fired] = told(fold)
  expect(fired).toMatchObject({ verdict: 'firing', normal: 10, value: 31 })
  expect(fired!.spark.length).toBeLessThanOrEqual(30)
})

test('what has fired stays until it is below its clear level, also where it could not be seen in between', () => {
  const fold = withRules(threshold({ above: 100, clear: 50 }))
  send(fold, event(0, 200))
  wait(fold, 10_000, 2 * MINUTE)
  expect(verdicts(fold)).toEqual(['firing', 'unknown'])
  send(fold, event(3 * MINUTE, 70))
  wait(fold, 3 * MINUTE + 10_000, 3 * MINUTE + 20_000)
  expect(verdicts(fold)).toEqual(['firing'])
  send(fold, event(5 * MINUTE, 40))
  wait(fold, 5 * MINUTE + 10_000, 5 * MINUTE + 20_000)
  expect(verdicts(fold)).toEqual(['unknown', 'ok'])
})

test('loading history raises no alarm of silence; a silence after it does', () => {
  const fold = withRules(noData({ for: 10 * MINUTE }))
  const loadedAt = START + 48 * HOUR
  for (const entry of entriesOf([event(0), event(HOUR), event(2 * HOUR)], 1, () => loadedAt)) fold.step(entry)
  wait(fold, 48 * HOUR, 48 * HOUR + 9 * MINUTE)
  expect(verdicts(fold)).toEqual([])
  wait(fold, 48 * HOUR + 9 * MINUTE, 48 * HOUR + 11 * MINUTE)
  expect(verdicts(fold)).toEqual(['firing'])
})

test('a log of history never says that nothing comes', () => {
  const fold = foldOf(testConfig('event', [noData({ for: MINUTE })]))
  for (const entry of entriesOf([event(0), event(3 * HOUR)], 1, () => START + 48 * HOUR)) fold.step(entry)
  expect(verdicts(fold)).toEqual([])
})

test('a metric without groups that has never seen an event is watched from the first look, not from 1970', () => {
  const config = testConfig('live', [noData({ for: 10 * MINUTE })])
  config.metrics[0] = { ...config.metrics[0]!, by: [] }
  const fold = foldOf(config)
  wait(fold, 0, 9 * MINUTE)
  expect(verdicts(fold)).toEqual([])
  wait(fold, 9 * MINUTE, 11 * MINUTE)
  const [fired] = told(fold)
  expect(fired).toMatchObject({ verdict: 'firing', value: 10 * MINUTE })
})

test('a silence across midnight, when all its panes are gone, is still seen', () => {
  const fold = withRules(noData({ for: 3 * HOUR }))
  // START is 10:00; the last event of 'a' comes at 23:30, others go on.
  send(fold, event(13.5 * HOUR))
  for (let offset = 13.5 * HOUR; offset < 17 * HOUR; offset += 5 * MINUTE)
    send(fold, event(offset, 1, 'other'))
  expect(told(fold)[0]).toMatchObject({ verdict: 'firing', group: '["a"]', value: 3 * HOUR + 10_000 })
})

test('a group that has gone is forgotten although a rule could not see it; its id is free for another', () => {
  const fold = withRules(threshold({ for: 10 * MINUTE }))
  const state = fold.plan.states[0]!
  send(fold, event(0, 1, 'gone'), event(0, 500, 'pending'))
  for (let offset = 0; offset < 26 * HOUR; offset += 5 * MINUTE) send(fold, event(offset, 1, 'stays'))
  expect(state.groups.keys).toEqual([null, null, '["stays"]'])
  expect(fold.plan.rules[0]!.standings.has(0)).toBe(false)
  const changes = told(fold).filter(({ group }) => group === '["pending"]')
  expect(changes.map(({ verdict }) => verdict)).toEqual(['pending', 'unknown', 'ok'])
  send(fold, event(26 * HOUR, 5, 'new'))
  wait(fold, 26 * HOUR + 10_000, 26 * HOUR + 30_000)
  expect(state.groups.keys[0]).toBe('["new"]')
  const block = JSON.parse(fold.take().view.get('m/1m/0')!) as ViewBlock
  expect(block.count![block.g.indexOf('["new"]')]).toBe(1)
})

test('a group whose alert has fired is never forgotten', () => {
  const fold = withRules(threshold())
  send(fold, event(0, 500, 'fired'))
  for (let offset = 0; offset < 26 * HOUR; offset += 5 * MINUTE) send(fold, event(offset, 1, 'stays'))
  expect(fold.plan.states[0]!.groups.keys[0]).toBe('["fired"]')
  expect(verdicts(fold)).toEqual(['firing', 'unknown'])
})

test('an error inside a rule is a verdict: unknown, told once, and everything else goes on', () => {
  const broken = threshold({ id: 'broken' })
  let fails = true
  Object.defineProperty(broken, 'minSamples', {
    get: () => {
      if (fails) throw new TypeError('poison')
      return 1
    },
  })
  const fold = withRules(broken, threshold({ id: 'sound' }))
  send(fold, event(0, 500))
  wait(fold, 10_000, 40_000)
  expect(told(fold).map(({ rule, verdict, reason }) => [rule, verdict, reason])).toEqual([
    ['broken', 'unknown', 'rule failed: TypeError'],
    ['sound', 'firing', 'above 100'],
  ])
  expect(fold.small().failing).toEqual(['broken: rule failed: TypeError'])
  const restored = foldOf(testConfig('live', [broken]))
  restored.restore(fold.snapshot().changed)
  expect(restored.small()).toEqual(fold.small())
  fails = false
  wait(fold, 40_000, 50_000)
  expect(fold.small().failing).toBeUndefined()
  expect(told(fold)).toMatchObject([{ rule: 'broken', verdict: 'firing' }])
  fails = true
  wait(fold, 50_000, MINUTE)
  expect(told(fold)).toMatchObject([{ rule: 'broken', verdict: 'unknown' }])
})

test('windows in another order after a change of config: a rule still reads its own', () => {
  const before = testConfig('live', [threshold()])
  const after = testConfig('live', [threshold()])
  after.metrics[0] = { ...after.metrics[0]!, windows: after.metrics[0]!.windows.toReversed() }
  const fold = new PartitionFold('s', 0, '1-0', (id) => (id === '1-0' ? before : after))
  send(fold, event(0, 500))
  fold.step({ kind: 'control', id: `${START + 2000}-5`, ms: START + 2000, control: '2-0' })
  wait(fold, 10_000, 30_000)
  expect(told(fold)).toMatchObject([{ verdict: 'firing', from: START - 50_000, to: START + 10_000 }])
})

test('a rule that is taken away ends what it told, and nothing else', () => {
  const config = testConfig('live', [threshold({ id: 'one' }), threshold({ id: 'two' })])
  const fewer = { ...config, rules: [config.rules[1]!] }
  const fold = new PartitionFold('s', 0, '1-0', (id) => (id === '1-0' ? config : fewer))
  send(fold, event(0, 500))
  wait(fold, 10_000, 20_000)
  expect(verdicts(fold)).toEqual(['firing', 'firing'])
  fold.step({ kind: 'control', id: `${START + 21_000}-5`, ms: START + 21_000, control: '2-0' })
  expect(told(fold)).toMatchObject([{ rule: 'one', verdict: 'ok', reason: 'rule removed' }])
})
