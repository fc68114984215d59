/** What every series store hides, refuses and frees for its age. */
import { describe, expect, test } from 'vitest'
import { groupKey } from '../window/group-key.ts'
import { all, GROUP, keysOf, PANE, slice, T0, TOKEN, type OpenSubject } from './store.fixture.ts'

export function expiryContract(subject: OpenSubject): void {
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
      for (const name of [GROUP, long])
        await store.drain(keys, TOKEN, slice([], { rows: [{ group: name, at: T0, values: [1] }] }))
      const live = groupKey(['live'])
      for (let i = 1; i <= 30; i++)
        await store.drain(
          keys,
          TOKEN,
          slice([], { rows: [{ group: live, at: T0 + i * 100 * PANE, values: [i] }] }),
        )
      expect(await store.groups(keys, 'volume')).toEqual([live])
      const left = await keysOf(redis, keys)
      expect(left.filter((key) => key.includes('north') || key.includes('#'))).toEqual([])
      expect(left.length).toBeLessThan(8)
    })

    test('a group that falls silent at one rung is freed there, and stays where it is readable', async () => {
      const { redis, store, keys } = await subject()
      const minute = T0 - (T0 % 60_000)
      await store.drain(keys, TOKEN, slice([[T0, 1]]))
      await store.drain(keys, TOKEN, slice([[minute, 2]], { rung: '1m', retention: 1e9 }))
      const other = { group: groupKey(['live']), at: T0 + 1000 * PANE, values: [1] }
      await store.drain(keys, TOKEN, slice([], { rows: [other] }))
      expect((await store.range(keys, 'volume', '1m', GROUP, ['count'], 0, T0 * 2)).values).toEqual([[2]])
      expect(await store.groups(keys, 'volume')).toContain(GROUP)
      const north = (await keysOf(redis, keys)).filter((key) => key.includes('north'))
      expect(north).toHaveLength(1)
      expect(north[0]).toContain(':1m:')
    })

    test('what falls silent in crowds is freed as fast as it came', async () => {
      const { redis, store, keys } = await subject()
      const crowd = (at: number) =>
        slice([], {
          rows: Array.from({ length: 300 }, (_, i) => ({ group: groupKey([`${at} ${i}`]), at, values: [1] })),
        })
      for (let i = 0; i < 4; i++) await store.drain(keys, TOKEN, crowd(T0 + i * 1000 * PANE))
      expect(await store.groups(keys, 'volume')).toHaveLength(300)
      expect((await keysOf(redis, keys)).length).toBeLessThan(310)
    })
  })
}
