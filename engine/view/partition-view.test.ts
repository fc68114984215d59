/** A reader's copy of a view: rows made once per change, and nothing lost where Redis fails in between. */
import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { partitionKeys } from '../stream/keys.ts'
import { PartitionView } from './partition-view.ts'

const keys = partitionKeys('weir', 'trades', 0)
const by = ['pair']
const stats = ['count'] as const

function filled(): PartitionView {
  const view = new PartitionView(keys)
  view.put('volume/1m', '{"asOf":1000,"blocks":1}')
  view.put('volume/1m/0', '{"g":["[\\"BTC\\"]"],"count":[3],"baseline":[1.5]}')
  return view
}

test('rows are made once, and again when a field of their window changed', () => {
  const view = filled()
  const rows = view.rows('volume', '1m', by, stats, 'count')
  expect(rows).toEqual([
    { group: { pair: 'BTC' }, asOf: 1000, values: { count: 3 }, baseline: 1.5, ratio: 2 },
  ])
  view.put('volume/5m', '{"asOf":2000,"blocks":0}')
  expect(view.rows('volume', '1m', by, stats, 'count')).toBe(rows)
  view.put('volume/1m', '{"asOf":2000,"blocks":1}')
  expect(view.rows('volume', '1m', by, stats, 'count')[0]?.asOf).toBe(2000)
  expect(view.rows('volume', '1m', by, stats, null)[0]).not.toHaveProperty('ratio')
})

test('a field of a newer engine is passed over', () => {
  const view = filled()
  view.put('volume/1m/0', '{"rows":[]}')
  expect(view.rows('volume', '1m', by, stats, null)).toEqual([])
  view.put('volume/1m', 'v2:binary')
  expect(view.rows('volume', '1m', by, stats, null)).toEqual([])
})

test('frames whose values did not come are applied when they are read again', async () => {
  const view = filled()
  const frames = [{ id: '7-0', prev: '0-0', json: '{"fields":["volume/1m"]}' }]
  const away = { hmget: () => Promise.reject(new Error('Connection is closed.')) } as unknown as Redis
  await expect(view.apply(away, frames)).rejects.toThrow('closed')
  const back = { hmget: () => Promise.resolve(['{"asOf":9000,"blocks":1}']) } as unknown as Redis
  expect(await view.apply(back, frames)).toEqual(['volume/1m'])
  expect(view.rows('volume', '1m', by, stats, null)[0]?.asOf).toBe(9000)
})
