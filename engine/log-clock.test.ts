import { expect, test } from 'vitest'
import type { Entry } from './event/entry.ts'
import { PartitionFold } from './fold.ts'
import { entriesOf, START, testConfig } from './fold.fixture.ts'
import { MAX_LEAP } from './log-clock.ts'
import { noData, threshold } from './rule/rule.fixture.ts'
import { Texts } from './event/texts.ts'

const S = 1000
const DAY = 86_400 * S
const config = testConfig('live', [
  threshold({ stat: 'count', above: 2 }),
  noData({ for: 30 * S }),
  threshold({ id: 'few', stat: 'count', above: null, below: 1 }),
])
const fresh = (): PartitionFold => new PartitionFold('s', 0, '1-0', () => config)

let seq = 0
/** One event per second of `from`…`to` seconds, in entries of their time. */
function events(from: number, to: number): Entry[] {
  const rows = Array.from({ length: to - from }, (_, i) => ({
    at: START + (from + i) * S,
    k: 'a',
    v: 1,
    good: true,
  }))
  return entriesOf(rows, 1, (newest) => newest + 100).map((entry) => ({ ...entry, seq: seq++ }) as Entry)
}
const at = (s: number, entry: Partial<Entry>): Entry =>
  ({ id: `${START + s * S}-9`, ms: START + s * S, ...entry }) as Entry
const poison = at(DAY / S, {
  kind: 'flat',
  fields: Texts.of(['at', String(START + 20 * S), 'k', 'a', 'v', '1', 'good', 'true']),
})
/** Log time stands at the poisoned id, whatever the clocks say. */
const after = (entries: Entry[]): Entry[] => entries.map((entry) => ({ ...entry, ms: poison.ms }))
const word = (ahead: boolean, s: number, ms = poison.ms): Entry => ({
  id: `${ms}-1`,
  ms,
  kind: 'clock',
  ahead,
  at: START + s * S,
})

function told(fold: PartitionFold, entries: Entry[]): string[] {
  for (const entry of entries) fold.step(entry)
  return fold.take().told.map(({ change }) => `${change.rule} ${change.verdict} ${change.reason}`)
}

test('an id a day ahead fires nothing and resolves nothing: rules are unknown until the clock is right', () => {
  seq = 0
  const fold = fresh()
  expect(told(fold, events(0, 20))).toContain('high firing above 2')
  expect(told(fold, [poison, ...after(events(20, 23))])).toEqual([])
  expect(fold.small().counted).toBe(20)
  // The owner is to look at once.
  expect(fold.dueAt()! <= START + 20 * S).toBe(true)
  expect(fold.minds(true)).toBe(true)
  expect(told(fold, [word(true, 23)])).toEqual(["high unknown the log's clock is ahead"])
  expect(fold.minds(true)).toBe(false)
  expect(told(fold, [...after(events(23, 100)), word(true, 100), word(true, 110)])).toEqual([])
  expect(told(fold, [word(false, 120, START + 120 * S)])).toEqual(['high firing above 2'])
  expect(told(fold, events(121, 140))).toEqual([])
  expect(fold.small()).toMatchObject({ counted: 120, late: 0, dead: 0, missing: 0 })
})

test('the watermark is not carried off, and windows close by the time the owner tells', () => {
  seq = 0
  const fold = fresh()
  told(fold, [
    ...events(0, 20),
    { ...poison, fields: Texts.of(['at', String(poison.ms), 'k', 'a', 'v', '1', 'good', 'true']) } as Entry,
  ])
  expect(fold.small().watermark).toBeLessThanOrEqual(START + 20 * S + MAX_LEAP)
  for (const entry of [word(true, 23), ...after(events(23, 40)), word(true, 45)]) fold.step(entry)
  const closed = fold.take().closed.filter((block) => block.rung === '10s' && block.metric === 'm')
  expect(closed.map((block) => (block.at - START) / S)).toEqual([10, 20, 30])
  expect(fold.small()).toMatchObject({ late: 0, dead: 0 })
})

test('a leap that is true is believed with the next entry or tick, and a snapshot keeps the doubt', () => {
  for (const next of [events(501, 502), [at(501, { kind: 'tick' })]]) {
    seq = 0
    const fold = fresh()
    told(fold, events(0, 20))
    expect(told(fold, events(500, 501))).toEqual([])
    const restored = fresh()
    restored.restore(fold.snapshot().changed)
    for (const one of [fold, restored]) {
      expect(one.clock.leapt).not.toBeNull()
      expect(told(one, next)).toContain('quiet firing no events')
      expect(one.clock.leapt).toBeNull()
    }
    expect(restored.small()).toEqual(fold.small())
  }
})

test('a stranger cannot stop the clock for ever: the owner minds his word', () => {
  const fold = fresh()
  told(fold, [...events(0, 20), word(true, 20, START + 20 * S)])
  expect(fold.minds(false)).toBe(true)
  told(fold, [word(false, 21, START + 21 * S)])
  expect(fold.minds(false)).toBe(false)
})

test('history is read by event time: its log is never doubted aloud', () => {
  const fold = new PartitionFold('s', 0, '1-0', () => testConfig('event'))
  told(fold, [...events(0, 20), poison])
  expect(fold.minds(true)).toBe(false)
})
