import { expect, test } from 'vitest'
import type { CompiledMetric, Stat } from '../config/compiled.ts'
import { testConfig } from '../fold.fixture.ts'
import type { SeriesColumn, SeriesStore } from '../series/store.ts'
import { partitionKeys } from '../stream/keys.ts'
import type { SeriesQuery } from './reader.ts'
import { MAX_POINTS, querySeries } from './series-query.ts'

const config = testConfig('live')
config.streams[0] = { ...config.streams[0]!, partitions: 2 }
config.metrics[0] = {
  ...config.metrics[0]!,
  by: ['k', 'region'],
  stats: [...config.metrics[0]!.stats, 'rate', 'distinct'],
}

type Point = { at: number } & Partial<Record<SeriesColumn, number | null>>

/** Samples as a pane of the metric would hold them. */
function pane(at: number, ...values: number[]): Point {
  const sum = values.reduce((a, b) => a + b, 0)
  const mean = sum / values.length
  const m2 = values.reduce((a, b) => a + (b - mean) ** 2, 0)
  return {
    at,
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    m2,
    p95: Math.max(...values),
    distinct: new Set(values).size,
  }
}

const STORED: Record<number, Record<string, Point[]>> = {
  0: { '["a","eu"]': [pane(0, 1, 2), pane(60_000, 3)], '["a","us"]': [pane(0, 10)] },
  1: { '["b","eu"]': [pane(0, 4, 6, 8), pane(180_000, 5)] },
}

/** The store, in memory. */
const store: SeriesStore = {
  name: 'memory',
  drain: () => Promise.reject(new Error('not here')),
  groups: (keys) => Promise.resolve(Object.keys(STORED[partitionOfKeys(keys.log)]!)),
  range: (keys, _metric, _rung, group, columns, from, to) => {
    const points = STORED[partitionOfKeys(keys.log)]![group]!.filter(({ at }) => at >= from && at < to)
    return Promise.resolve({
      at: points.map(({ at }) => at),
      values: columns.map((column) => points.map((point) => point[column] ?? null)),
    })
  },
}
const partitionOfKeys = (log: string): number =>
  [0, 1].find((partition) => partitionKeys('weir', 's', partition).log === log)!

const ask = async (stat: Stat, more: Partial<SeriesQuery> = {}): Promise<[number, number][]> => {
  const query = { metric: 'm', stat, from: 0, to: 600_000, step: 60_000, group: {}, ...more }
  return (await querySeries(store, 'weir', config, query)).points
}

test('groups of all partitions are merged step by step; a gap stays a gap', async () => {
  expect(await ask('count')).toEqual([
    [0, 6],
    [60_000, 1],
    [180_000, 1],
  ])
  expect(await ask('sum')).toEqual([
    [0, 31],
    [60_000, 3],
    [180_000, 5],
  ])
  expect(await ask('max')).toEqual([
    [0, 10],
    [60_000, 3],
    [180_000, 5],
  ])
  expect(await ask('rate')).toEqual([
    [0, 0.1],
    [60_000, 1 / 60],
    [180_000, 1 / 60],
  ])
})

test('a longer step merges panes in time too: means and deviations weigh every sample once', async () => {
  const values = [1, 2, 3, 10, 4, 6, 8, 5]
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)
  const [[, found]] = (await ask('mean', { step: 600_000 })) as [[number, number]]
  const [[, spread]] = (await ask('stddev', { step: 600_000 })) as [[number, number]]
  expect(found).toBeCloseTo(mean, 10)
  expect(spread).toBeCloseTo(deviation, 10)
})

test('a question names groups by any of their fields, and reads no more than its time', async () => {
  expect(await ask('sum', { group: { region: 'eu' } })).toEqual([
    [0, 21],
    [60_000, 3],
    [180_000, 5],
  ])
  expect(await ask('sum', { group: { k: 'a', region: 'us' } })).toEqual([[0, 10]])
  expect(await ask('sum', { group: { k: 'nobody' } })).toEqual([])
  expect(await ask('sum', { from: 60_000, to: 180_000 })).toEqual([[60_000, 3]])
})

test('different values of one group and kept rung come as they are; anything else is refused, never added up', async () => {
  expect(await ask('distinct', { group: { k: 'b', region: 'eu' } })).toEqual([
    [0, 3],
    [180_000, 1],
  ])
  await expect(ask('distinct')).rejects.toThrow('distinct of 3 groups cannot be merged')
  await expect(ask('distinct', { group: { k: 'b' }, step: 120_000 })).rejects.toThrow('no kept series')
})

test('quantiles of one group come as they are; of several they are refused, with what to do', async () => {
  expect(await ask('p95', { group: { k: 'b', region: 'eu' } })).toEqual([
    [0, 8],
    [180_000, 5],
  ])
  await expect(ask('p95')).rejects.toThrow('p95 of 3 groups cannot be merged')
  await expect(ask('p95', { group: { k: 'b' }, step: 120_000 })).rejects.toThrow('no kept series')
})

test.each([
  ['a stat the metric has not', { stat: 'p99' as Stat }, 'm has no p99'],
  ['another metric', { metric: 'x' }, 'there is no metric x'],
  ['another field', { group: { z: '1' } }, 'm is not grouped by z'],
  ['time that runs backwards', { from: 5, to: 5 }, 'from is not before to'],
  ['time that is none', { from: Number.NaN }, 'from is not before to'],
  ['too many points', { to: (MAX_POINTS + 1) * 60_000 }, 'more than 5000 points'],
  ['a step between rungs', { step: 15_000 }, 'no kept series of m makes a step of 15 s'],
  ['no step', { step: 0 }, 'step'],
  ['a step backwards', { step: -60_000 }, 'step'],
  ['a step that is none', { step: Number.NaN }, 'step'],
])('refuses %s', async (_, more, message) => {
  await expect(ask('count', more)).rejects.toThrow(message)
})

test('the coarsest rung that makes the step is read', async () => {
  const rungOf = async (step: number): Promise<string> =>
    (
      await querySeries(store, 'weir', config, {
        metric: 'm',
        stat: 'sum',
        from: 0,
        to: 7_200_000,
        step,
        group: {},
      })
    ).rung
  expect(await Promise.all([10_000, 30_000, 120_000, 600_000, 3_600_000, 5_400_000].map(rungOf))).toEqual([
    '10s',
    '10s',
    '1m',
    '10m',
    '1h',
    '10m',
  ])
})

test('a share is of all events, not the average of shares', async () => {
  const share: CompiledMetric = { ...config.metrics[1]!, by: ['k'] }
  const points: Record<string, Point[]> = {
    '["a"]': [{ at: 0, count: 1, total: 1 }],
    '["b"]': [{ at: 0, count: 0, total: 9 }],
  }
  const shares: SeriesStore = {
    ...store,
    groups: (keys) => Promise.resolve(partitionOfKeys(keys.log) === 0 ? Object.keys(points) : []),
    range: (_keys, _metric, _rung, group, columns) =>
      Promise.resolve({
        at: points[group]!.map(({ at }) => at),
        values: columns.map((column) => points[group]!.map((point) => point[column] ?? null)),
      }),
  }
  const query = { metric: 'share', stat: 'ratio' as Stat, from: 0, to: 60_000, step: 60_000, group: {} }
  expect((await querySeries(shares, 'weir', { ...config, metrics: [share] }, query)).points).toEqual([
    [0, 0.1],
  ])
})
