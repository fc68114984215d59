/** How every series store keeps groups, metrics and rungs apart, whatever they are called. */
import { describe, expect, test } from 'vitest'
import { groupKey } from '../window/group-key.ts'
import { all, GROUP, slice, T0, TOKEN, type OpenSubject } from './store.fixture.ts'
import type { SeriesColumn } from './store.ts'

export function groupsContract(subject: OpenSubject): void {
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

    test('and metrics may be called like options of the server', async () => {
      const { store, keys } = await subject()
      for (const metric of [
        'retention',
        'encoding',
        'uncompressed',
        'ignore',
        'labels',
        'chunk_size',
        'a,(b)',
      ]) {
        for (const value of [1, 2]) await store.drain(keys, TOKEN, slice([[T0, value]], { metric }))
        const answer = await store.range(keys, metric, '10s', GROUP, ['count'], 0, T0 * 2)
        expect([metric, answer.values]).toEqual([metric, [[2]]])
      }
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
      expect((await store.range(keys, 'volume', '1m', GROUP, ['count'], 0, T0 * 2)).values).toEqual([[2]])
      expect(await store.groups(keys, 'volume')).toEqual([GROUP])
      expect(await store.groups(keys, 'other (a,b)')).toEqual([groupKey(['o'])])
      expect(await store.groups(keys, 'none')).toEqual([])
    })
  })
}
