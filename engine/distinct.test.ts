/** `distinct` through the whole fold: who sees it, and what a spike holds it against. */
import { expect, test } from 'vitest'
import type { CompiledConfig, CompiledRule } from './config/compiled.ts'
import { PartitionFold } from './fold.ts'
import { entriesOf, START, testConfig, type TestEvent } from './fold.fixture.ts'
import { spike, threshold } from './rule/rule.fixture.ts'
import type { ViewBlock } from './view/encode.ts'
import { UNASKED } from './window/watch.ts'

/** Different groups per value of `v`, or different values of `v` per group. */
function configOf(by: string, of: string, rules: CompiledRule[] = []): CompiledConfig {
  const config = testConfig('live', rules)
  const [metric] = config.metrics
  return { ...config, metrics: [{ ...metric!, by: [by], of, stats: ['distinct', 'count'] }] }
}

function foldOf(config: CompiledConfig, events: TestEvent[]): PartitionFold {
  const fold = new PartitionFold('s', 0, '1-0', () => config)
  for (const entry of entriesOf(events, 100, (newest) => newest + 1000)) fold.step(entry)
  const end = events.at(-1)!.at + 20_000
  fold.step({ kind: 'tick', id: `${end}-9`, ms: end })
  return fold
}

/** Group and number of different values as the view of the minute has them. */
function shown(fold: PartitionFold): Map<string, number | null> {
  const values = new Map<string, number | null>()
  for (const [field, json] of fold.take().view) {
    if (!/^m\/1m\/\d+$/.test(field)) continue
    const block = JSON.parse(json) as ViewBlock
    for (const [i, key] of block.g.entries()) values.set(key, block.distinct![i]!)
  }
  return values
}

const event = (at: number, k: string, v: number): TestEvent => ({ at: START + at, k, v, good: true })

test('a text may be counted, in the window, in the series and in a rule', () => {
  const users = Array.from({ length: 40 }, (_, i) => event(i * 100, `user ${i % 17}`, i % 2))
  const rule = threshold({ stat: 'distinct', above: 16 })
  const fold = foldOf(configOf('v', 'k', [rule]), users)
  const { closed, told, view } = fold.take()
  expect(JSON.parse(view.get('m/1m/0')!)).toMatchObject({ g: ['["0"]', '["1"]'], distinct: [17, 17] })
  const block = closed.find(({ rung }) => rung === '10s')!
  expect(block.columns).toEqual(['count', 'distinct'])
  expect(block.values).toEqual([
    [20, 20],
    [17, 17],
  ])
  expect(told.map(({ change }) => [change.group, change.verdict, change.value])).toEqual([
    ['["0"]', 'firing', 17],
    ['["1"]', 'firing', 17],
  ])
})

test('of many groups only the first thousand are watched, unless a rule or the board asks', () => {
  const events = Array.from({ length: UNASKED + 5 }, (_, i) => event(i, `k${i}`, 1))
  const found = shown(foldOf(configOf('k', 'v'), events))
  expect(found.size).toBe(UNASKED + 5)
  expect([found.get('["k0"]'), found.get(`["k${UNASKED - 1}"]`), found.get(`["k${UNASKED}"]`)]).toEqual([
    1,
    1,
    null,
  ])
  const asked = configOf('k', 'v', [threshold({ stat: 'distinct', above: 1e9 })])
  expect(new Set(shown(foldOf(asked, events)).values())).toEqual(new Set([1]))
  const board = configOf('k', 'v')
  board.board.numbers = [{ title: '', metric: 'm', stat: 'distinct', window: '1m', group: {} }]
  expect(new Set(shown(foldOf(board, events)).values())).toEqual(new Set([1]))
})

test('a spike is held against stretches of its own window, not against the whole hour', () => {
  const minutes = (from: number, to: number, users: number): TestEvent[] =>
    Array.from({ length: to - from }, (_, minute) =>
      Array.from({ length: users }, (_each, i) => event((from + minute) * 60_000 + i * 10, 'a', i)),
    ).flat()
  // The same five users every minute for an hour, then fifteen: three times the average, and no more.
  const rule = spike({ stat: 'distinct', window: '1m', times: 2, over: 3_600_000 })
  const fold = foldOf(configOf('k', 'v', [rule]), [...minutes(0, 61, 5), ...minutes(61, 62, 15)])
  const { told } = fold.take()
  expect(told.map(({ change }) => [change.verdict, change.value, change.normal])).toEqual([['firing', 15, 5]])
})
