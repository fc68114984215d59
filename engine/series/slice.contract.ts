/** How every series store takes a slice: whole, fenced, and clearing `pend`. */
import { describe, expect, test } from 'vitest'
import { groupKey } from '../window/group-key.ts'
import { all, PANE, slice, T0, TOKEN, type OpenSubject } from './store.fixture.ts'

export function sliceContract(subject: OpenSubject): void {
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
}
