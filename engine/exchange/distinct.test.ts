/** Different values are counted the same, in one partition or merged out of many, with few of them and with many. */
import { expect, test } from 'vitest'
import { defineConfig, stream, t } from '../config/authoring.ts'
import type { Authored } from '../config/define.ts'
import { simulate } from '../replay/simulate.ts'

const START = Date.UTC(2026, 0, 5, 10)

function config(partitions: number): Authored {
  const schema = { shop: t.String(), product: t.String(), user: t.String() }
  const visits = stream('visits', { key: 'shop', partitions, schema })
  const measure = {
    of: 'user',
    stats: ['distinct', 'count'],
    windows: ['1m', '5m'],
    series: ['10s', '1m'],
  } as const
  const product = visits.metric('product', { ...measure, by: ['product'] })
  return defineConfig({ metrics: [product, visits.metric('total', { ...measure, by: [] })] })
}

test('of one partition and of several: the same', async () => {
  const visits = Array.from({ length: 1500 }, (_, i) => ({
    shop: `shop-${i % 12}`,
    // Few users of the first product, hundreds of the second: a list, and registers.
    product: i % 3 === 0 ? 'few' : 'many',
    user: i % 3 === 0 ? `u${i % 90}` : `u${(i * 7) % 1100}`,
    arriveAt: START + i * 100,
  }))
  const worlds = [1, 4].map((partitions) =>
    simulate(config(partitions), { visits }, { until: START + 150_000 }),
  )
  const [one, many] = await Promise.all(
    worlds.map(async (world) => ({
      windows: ['product', 'total'].map((metric) =>
        world
          .windows(metric)
          .toSorted((a, b) => JSON.stringify(a.group).localeCompare(JSON.stringify(b.group))),
      ),
      points: await world.series('total', { stat: 'distinct', step: '1m' }),
    })),
  )
  expect(one!.points.length).toBeGreaterThan(1)
  expect(one!.windows[0]!.find(({ group }) => group['product'] === 'few')).toBeDefined()
  expect(many).toEqual(one)
  const exact = new Set(visits.filter(({ product }) => product === 'few').map(({ user }) => user)).size
  expect(JSON.stringify(many!.windows[0])).toContain(`"distinct":${exact}`)
})
