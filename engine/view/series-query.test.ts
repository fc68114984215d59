/** A question about the past costs bounded work, however many groups match. */
import { expect, test } from 'vitest'
import type { CompiledConfig, CompiledMetric } from '../config/compiled.ts'
import type { SeriesStore } from '../series/store.ts'
import { querySeries } from './series-query.ts'

const metric = {
  name: 'volume',
  stream: 'trades',
  unit: '',
  of: null,
  by: ['pair'],
} as Partial<CompiledMetric>
const config = {
  streams: [{ name: 'trades', partitions: 1 }],
  metrics: [{ ...metric, stats: ['count'], series: ['10s', '1h'], windows: [] }],
} as unknown as CompiledConfig
const HOUR = 3_600_000

function store(groups: number, reads: string[]): SeriesStore {
  const all = Array.from({ length: groups }, (_, i) => JSON.stringify([`p${i}`]))
  const range: SeriesStore['range'] = (_keys, _metric, rung) => {
    reads.push(rung)
    return Promise.resolve({ at: [0], values: [[1]] })
  }
  return { groups: () => Promise.resolve(all), range } as unknown as SeriesStore
}

test('many groups over many panes are refused before anything is read; a longer step is answered', async () => {
  const reads: string[] = []
  const ask = (step: number) =>
    querySeries(store(1000, reads), 'weir', config, {
      metric: 'volume',
      stat: 'count',
      from: 0,
      to: 10 * HOUR,
      step,
      group: {},
    })
  await expect(ask(10_000)).rejects.toThrow('1000 groups over that time are 3600000 panes')
  expect(reads).toEqual([])
  expect((await ask(HOUR)).points).toEqual([[0, 1000]])
  expect(new Set(reads)).toEqual(new Set(['1h']))
})
