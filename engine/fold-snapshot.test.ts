import { expect, test } from 'vitest'
import { AlertFold } from './alert/alert-fold.ts'
import type { CompiledConfig } from './config/compiled.ts'
import type { Entry } from './event/entry.ts'
import { PartitionFold } from './fold.ts'
import { entriesOf, START, testConfig } from './fold.fixture.ts'

const events = (from: number, n: number) =>
  Array.from({ length: n }, (_, i) => ({
    at: START + (from + i) * 1000,
    k: `k${i % 3}`,
    v: i + 1,
    good: true,
  }))
const entry = (from: number, n: number): Entry => {
  const [one] = entriesOf(events(from, n), n, (newest) => newest + 100)
  return { ...one, from: `p~1~${from}` } as Entry
}
const control = (ms: number, id: string): Entry => ({ kind: 'control', id: `${ms}-7`, ms, control: id })

const plain = testConfig('live')
const [metric] = plain.metrics
/** `twin` measures the same as `m`, so it has the same hash. */
const twins: CompiledConfig = { ...plain, metrics: [metric!, { ...metric!, name: 'twin' }] }

const CONFIGS: Record<string, CompiledConfig> = { '1-0': { ...plain, metrics: [metric!] }, '2-0': twins }
const fresh = (): PartitionFold => new PartitionFold('s', 0, '1-0', (id) => CONFIGS[id]!)

test('two metrics with one hash, declared one after the other, both come back as they were', () => {
  const fold = fresh()
  fold.step(entry(0, 20))
  fold.step(control(START + 21_000, '2-0'))
  fold.step(entry(22, 20))
  const restored = fresh()
  restored.restore(fold.snapshot().changed)
  fold.take()
  for (const one of [fold, restored]) for (const step of [entry(120, 1), entry(121, 1)]) one.step(step)
  expect(restored.small()).toEqual(fold.small())
  const [of, restoredOf] = [fold.take().closed, restored.take().closed]
  expect(restoredOf).toEqual(of)
  const counts = (name: string): number =>
    of
      .filter((block) => block.metric === name && block.rung === '1m')
      .flatMap((block) => block.values[0]!)
      .reduce<number>((sum, n) => sum + n!, 0)
  expect([counts('m'), counts('twin')]).toEqual([40, 20])
})

test('another quantile of a metric that keeps its state is in its series at once', () => {
  const change = {
    ...plain,
    metrics: [{ ...metric!, stats: ['count', 'p99' as const, ...metric!.stats.slice(1, 6)] }],
  }
  const fold = new PartitionFold('s', 0, '1-0', (id) => (id === '1-0' ? plain : (change as CompiledConfig)))
  fold.step(entry(0, 9))
  fold.step(control(START + 10_000, '2-0'))
  for (const step of [entry(120, 1), entry(121, 1)]) fold.step(step)
  const [block] = fold.take().closed
  expect(block!.columns).toContain('p99')
  expect(block!.columns).not.toContain('p50')
})

test('a snapshot of a newer version of the fold is refused', () => {
  const fold = fresh()
  const { changed } = fold.snapshot()
  const header = JSON.parse(changed.get('header')!.toString()) as { version: number }
  changed.set('header', Buffer.from(JSON.stringify({ ...header, version: 99 })))
  expect(() => fresh().restore(changed)).toThrow(
    'a newer Weir wrote this: the state is of version 99, this worker reads up to 2',
  )
})

test('only what changed since the last snapshot is in the next one, and all of it is named', () => {
  const fold = fresh()
  fold.step(entry(0, 20))
  fold.step(entry(32, 1))
  const first = fold.snapshot()
  fold.step(entry(33, 1))
  const second = fold.snapshot()
  expect([...first.changed.keys()].toSorted()).toEqual(first.names.toSorted())
  expect(second.changed.size).toBeLessThan(second.names.length)
  const both = new Map([...first.changed, ...second.changed].filter(([name]) => second.names.includes(name)))
  const restored = fresh()
  restored.restore(both)
  for (const one of [fold, restored]) one.step(entry(300, 1))
  expect(restored.small()).toEqual(fold.small())
})

test('control states only follow one another: an older marker is dead, with the reason', () => {
  const fold = fresh()
  fold.step(control(START, '2-0'))
  const { chain } = fold.small()
  fold.step(control(START + 1, '1-0'))
  fold.step(control(START + 2, '2-0'))
  expect(fold.small()).toMatchObject({ control: '2-0', dead: 1, chain })
  expect(fold.take().dead.map(({ reason }) => reason)).toEqual([
    'control state 1-0 is older than 2-0, in force',
  ])
  const alerts = new AlertFold('2-0')
  alerts.step(control(START, '1-9'))
  alerts.step(control(START, '10-0'))
  expect(alerts.small()).toMatchObject({ control: '10-0', dead: 1 })
})
