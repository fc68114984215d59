/** What every series store must do, whatever it keeps its points in. */
import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { groupKey } from '../window/group-key.ts'
import { type PartitionKeys, partitionKeys } from '../stream/keys.ts'
import type { SeriesColumn, SeriesStore, Slice } from './store.ts'

export interface ContractSubject {
  redis: Redis
  store: SeriesStore
  /** Keys of a partition that nobody else uses. */
  keys: PartitionKeys
}

const TOKEN = '1:w1:abc'
const PANE = 10_000
/** A pane that no chunk boundary is special to. */
const T0 = 1_700_000_000_000

let running = 0

/** `open` yields the store; it is asked once per test. */
export function storeContract(open: () => Promise<{ redis: Redis; store: SeriesStore }>): void {
  const subject = async (): Promise<ContractSubject> => {
    const { redis, store } = await open()
    const keys = partitionKeys('contract', `s${process.pid}-${Date.now()}-${running++}`, 3)
    await redis.hset(keys.meta, 'owner', TOKEN)
    return { redis, store, keys }
  }
  const group = groupKey(['north'])

  const slice = (
    rows: [at: number, ...values: (number | null)[]][],
    changes: Partial<Slice> = {},
  ): Slice => ({
    metric: 'volume',
    rung: '10s',
    retention: 3_600_000,
    columns: ['count'],
    rows: rows.map(([at, ...values]) => ({ group, at, values })),
    field: 'f1',
    last: false,
    ...changes,
  })

  describe('points', () => {
    test('come back as they were written, oldest first, per column', async () => {
      const { store, keys } = await subject()
      const columns: SeriesColumn[] = ['count', 'sum', 'p95']
      const rows: [number, ...number[]][] = [
        [T0 + PANE, 2, -0.1, 1e-7],
        [T0, 1, 1e21, 0.1 + 0.2],
      ]
      expect(await store.drain(keys, TOKEN, slice(rows, { columns }))).toEqual({ verdict: 'OK', refused: 0 })
      expect(await store.range(keys, 'volume', '10s', group, columns, 0, T0 + PANE * 9)).toEqual({
        at: [T0, T0 + PANE],
        values: [
          [1, 2],
          [1e21, -0.1],
          [0.1 + 0.2, 1e-7],
        ],
      })
    })

    test('of columns in another order, or never written, are told apart', async () => {
      const { store, keys } = await subject()
      await store.drain(keys, TOKEN, slice([[T0, 1, 5]], { columns: ['max', 'count'] }))
      const answer = await store.range(keys, 'volume', '10s', group, ['count', 'p99', 'max'], T0, T0 + 1)
      expect(answer).toEqual({ at: [T0], values: [[5], [null], [1]] })
    })

    test('written again are the same; written differently, the last wins', async () => {
      const { store, keys } = await subject()
      const first = slice([[T0, 1]])
      await store.drain(keys, TOKEN, first)
      await store.drain(keys, TOKEN, first)
      await store.drain(keys, TOKEN, slice([[T0, 7]]))
      await store.drain(
        keys,
        TOKEN,
        slice([
          [T0, 3],
          [T0, 4],
        ]),
      )
      expect(await all(store, keys)).toEqual({ at: [T0], values: [[4]] })
    })

    test('may lack values, and lose them', async () => {
      const { store, keys } = await subject()
      const columns: SeriesColumn[] = ['count', 'p50']
      await store.drain(
        keys,
        TOKEN,
        slice(
          [
            [T0, 1, null],
            [T0 + PANE, 2, 5],
            [T0 + 2 * PANE, null, null],
          ],
          { columns },
        ),
      )
      await store.drain(
        keys,
        TOKEN,
        slice(
          [
            [T0 + PANE, 2, null],
            [T0 + 3 * PANE, Number.NaN, Infinity],
          ],
          { columns },
        ),
      )
      expect(await store.range(keys, 'volume', '10s', group, columns, 0, T0 * 2)).toEqual({
        at: [T0, T0 + PANE],
        values: [
          [1, 2],
          [null, null],
        ],
      })
    })

    test('are read from <= at < to, and a gap is a gap', async () => {
      const { store, keys } = await subject()
      await store.drain(
        keys,
        TOKEN,
        slice([
          [T0, 1],
          [T0 + PANE, 2],
          [T0 + 100 * PANE, 3],
        ]),
      )
      const read = async (from: number, to: number): Promise<number[]> =>
        (await store.range(keys, 'volume', '10s', group, ['count'], from, to)).at
      expect(await read(T0, T0 + PANE)).toEqual([T0])
      expect(await read(T0 + 1, T0 + PANE + 1)).toEqual([T0 + PANE])
      expect(await read(T0 + 2 * PANE, T0 + 100 * PANE)).toEqual([])
      expect(await read(T0 + 5, T0 + 5)).toEqual([])
      expect(await read(-Infinity, Infinity)).toEqual([T0, T0 + PANE, T0 + 100 * PANE])
      expect(await read(T0 + PANE, T0)).toEqual([])
    })

    test('of what was never written are none', async () => {
      const { store, keys } = await subject()
      expect(await all(store, keys)).toEqual({ at: [], values: [[]] })
      await store.drain(keys, TOKEN, slice([[T0, 1]]))
      expect(
        await store.range(keys, 'volume', '10s', groupKey(['else']), ['count', 'sum'], 0, T0 * 2),
      ).toEqual({
        at: [],
        values: [[], []],
      })
      expect((await store.range(keys, 'other', '10s', group, ['count'], 0, T0 * 2)).at).toEqual([])
    })
  })

  describe('a slice', () => {
    test('of a thousand numbers, all of other groups, is written whole', async () => {
      const { store, keys } = await subject()
      const many = slice([], { last: true })
      many.rows = Array.from({ length: 1000 }, (_, i) => ({
        group: groupKey([`g${i}`]),
        at: T0,
        values: [i],
      }))
      expect(await store.drain(keys, TOKEN, many)).toEqual({ verdict: 'OK', refused: 0 })
      expect(await store.groups(keys, 'volume')).toHaveLength(1000)
      expect(
        (await store.range(keys, 'volume', '10s', groupKey(['g999']), ['count'], 0, T0 * 2)).values,
      ).toEqual([[999]])
    })

    test('of a thousand panes of one group is written whole', async () => {
      const { store, keys } = await subject()
      const panes = Array.from({ length: 1000 }, (_, i) => i)
      await store.drain(
        keys,
        TOKEN,
        slice(
          panes.map((i) => [T0 + i * PANE, i]),
          { retention: 1e9 },
        ),
      )
      expect((await all(store, keys)).values).toEqual([panes])
    })

    test('removes its field of pend when it is the last, not before', async () => {
      const { redis, store, keys } = await subject()
      await redis.hset(keys.pend, { f1: 'x', f2: 'y' })
      await store.drain(keys, TOKEN, slice([[T0, 1]]))
      expect(await redis.hkeys(keys.pend)).toEqual(['f1', 'f2'])
      await store.drain(keys, TOKEN, slice([[T0, 1]], { last: true }))
      expect(await redis.hkeys(keys.pend)).toEqual(['f2'])
      await store.drain(keys, TOKEN, slice([], { last: true, field: 'f2' }))
      expect(await redis.hkeys(keys.pend)).toEqual([])
    })

    test('under a superseded token changes nothing', async () => {
      const { redis, store, keys } = await subject()
      await store.drain(keys, TOKEN, slice([[T0, 1]]))
      await redis.hset(keys.pend, 'f1', 'x')
      await redis.hset(keys.meta, 'owner', '2:w2:def')
      const late = slice(
        [
          [T0, 9],
          [T0 + PANE, 9],
        ],
        { last: true },
      )
      expect(await store.drain(keys, TOKEN, late)).toEqual({ verdict: 'FENCED', refused: 0 })
      expect(await all(store, keys)).toEqual({ at: [T0], values: [[1]] })
      expect(await redis.hkeys(keys.pend)).toEqual(['f1'])
    })
  })

  describe('retention', () => {
    test('hides what is older than the newest point of the series less the retention', async () => {
      const { store, keys } = await subject()
      await store.drain(
        keys,
        TOKEN,
        slice([
          [T0, 1],
          [T0 + PANE, 2],
          [T0 + 360 * PANE, 3],
        ]),
      )
      expect((await all(store, keys)).at).toEqual([T0, T0 + PANE, T0 + 360 * PANE])
      await store.drain(keys, TOKEN, slice([[T0 + 361 * PANE, 4]]))
      expect((await all(store, keys)).at).toEqual([T0 + PANE, T0 + 360 * PANE, T0 + 361 * PANE])
    })

    test('refuses and counts what comes too old, and takes the rest', async () => {
      const { store, keys } = await subject()
      await store.drain(keys, TOKEN, slice([[T0 + 400 * PANE, 1]]))
      const mixed = slice([
        [T0, 1],
        [T0 + 399 * PANE, 2],
        [T0 + PANE, 1],
      ])
      expect(await store.drain(keys, TOKEN, mixed)).toEqual({ verdict: 'OK', refused: 2 })
      expect((await all(store, keys)).at).toEqual([T0 + 399 * PANE, T0 + 400 * PANE])
    })

    test('frees what has expired: groups, and their keys', async () => {
      const { redis, store, keys } = await subject()
      const long = groupKey(['x'.repeat(300)])
      for (const name of [group, long])
        await store.drain(keys, TOKEN, slice([], { rows: [{ group: name, at: T0, values: [1] }] }))
      const live = groupKey(['live'])
      for (let i = 1; i <= 30; i++)
        await store.drain(
          keys,
          TOKEN,
          slice([], { rows: [{ group: live, at: T0 + i * 100 * PANE, values: [i] }] }),
        )
      expect(await store.groups(keys, 'volume')).toEqual([live])
      const left = await redis.keys(`${keys.series.replaceAll(/[[\]*?\\]/g, String.raw`\$&`)}*`)
      expect(left.filter((key) => key.includes('north') || key.includes('#'))).toEqual([])
      expect(left.length).toBeLessThan(8)
    })
  })

  describe('groups', () => {
    const hostile = [
      '',
      ' ',
      '}',
      '{',
      '{x}',
      '"',
      '\\',
      ':1m:',
      '(a,b)',
      'a=b',
      '\u0000\n',
      '🦊',
      '%',
      '*',
      'x'.repeat(200),
    ]

    test('may be called anything', async () => {
      const { store, keys } = await subject()
      const columns: SeriesColumn[] = ['count', 'sum']
      const names = [
        ...hostile.map((name) => groupKey([name])),
        groupKey(['a', 'b']),
        groupKey(['a,b']),
        groupKey([null]),
      ]
      const rows = names.map((name, i) => ({ group: name, at: T0, values: [i, -1 - i] }))
      expect(await store.drain(keys, TOKEN, slice([], { rows, columns }))).toEqual({
        verdict: 'OK',
        refused: 0,
      })
      expect(await store.groups(keys, 'volume')).toEqual(names.toSorted())
      for (const [i, name] of names.entries())
        expect((await store.range(keys, 'volume', '10s', name, columns, 0, T0 * 2)).values).toEqual([
          [i],
          [-1 - i],
        ])
    })

    test('metrics and rungs are kept apart', async () => {
      const { store, keys } = await subject()
      await store.drain(keys, TOKEN, slice([[T0, 1]]))
      await store.drain(keys, TOKEN, slice([[T0 - (T0 % 60_000), 2]], { rung: '1m' }))
      await store.drain(
        keys,
        TOKEN,
        slice([[T0, 3]], { metric: 'other (a,b)', rows: [{ group: groupKey(['o']), at: T0, values: [3] }] }),
      )
      expect((await all(store, keys)).values).toEqual([[1]])
      expect((await store.range(keys, 'volume', '1m', group, ['count'], 0, T0 * 2)).values).toEqual([[2]])
      expect(await store.groups(keys, 'volume')).toEqual([group])
      expect(await store.groups(keys, 'other (a,b)')).toEqual([groupKey(['o'])])
      expect(await store.groups(keys, 'none')).toEqual([])
    })
  })

  async function all(store: SeriesStore, keys: PartitionKeys) {
    return store.range(keys, 'volume', '10s', group, ['count'], 0, T0 * 2)
  }
}
