/** How points are written, read, overwritten and taken away in every series store. */
import { describe, expect, test } from 'vitest'
import { groupKey } from '../window/group-key.ts'
import { all, GROUP, PANE, slice, T0, TOKEN, type OpenSubject } from './store.fixture.ts'
import { SERIES_COLUMNS, type SeriesColumn } from './store.ts'

export function pointsContract(subject: OpenSubject): void {
  describe('points', () => {
    test('come back as they were written, oldest first, per column', async () => {
      const { store, keys } = await subject()
      const columns: SeriesColumn[] = ['count', 'sum', 'p95']
      const rows: [number, ...number[]][] = [
        [T0 + PANE, 2, -0.1, 1e-7],
        [T0, 1, 1e21, 0.1 + 0.2],
      ]
      expect(await store.drain(keys, TOKEN, slice(rows, { columns }))).toEqual({ verdict: 'OK', refused: 0 })
      expect(await store.range(keys, 'volume', '10s', GROUP, columns, 0, T0 + PANE * 9)).toEqual({
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
      const answer = await store.range(keys, 'volume', '10s', GROUP, ['count', 'p99', 'max'], T0, T0 + 1)
      expect(answer).toEqual({ at: [T0], values: [[5], [null], [1]] })
    })

    test('of every column there is come back, each in its place', async () => {
      const { store, keys } = await subject()
      const columns = [...SERIES_COLUMNS]
      const values = columns.map((_, i) => i + 0.5)
      await store.drain(keys, TOKEN, slice([[T0, ...values]], { columns }))
      const backwards = columns.toReversed()
      const answer = await store.range(keys, 'volume', '10s', GROUP, backwards, T0, T0 + 1)
      expect(answer).toEqual({ at: [T0], values: values.toReversed().map((value) => [value]) })
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

    test('written twice in one slice are the last, whether that adds a value or takes it away', async () => {
      const { store, keys } = await subject()
      const columns: SeriesColumn[] = ['count', 'p50']
      await store.drain(
        keys,
        TOKEN,
        slice(
          [
            [T0, 1, null],
            [T0, 2, 5],
            [T0 + PANE, 3, 6],
            [T0 + PANE, 4, null],
          ],
          { columns },
        ),
      )
      expect((await store.range(keys, 'volume', '10s', GROUP, columns, 0, T0 * 2)).values).toEqual([
        [2, 4],
        [5, null],
      ])
    })

    test('hold any finite number', async () => {
      const { store, keys } = await subject()
      const numbers = [
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        -1e-7,
        2 ** 53 + 2,
        123456.789,
      ]
      await store.drain(keys, TOKEN, slice(numbers.map((value, i) => [T0 + i * PANE, value])))
      expect((await all(store, keys)).values).toEqual([numbers])
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
      expect(await store.range(keys, 'volume', '10s', GROUP, columns, 0, T0 * 2)).toEqual({
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
        (await store.range(keys, 'volume', '10s', GROUP, ['count'], from, to)).at
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
      expect((await store.range(keys, 'other', '10s', GROUP, ['count'], 0, T0 * 2)).at).toEqual([])
    })
  })
}
