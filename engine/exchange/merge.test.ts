/** What is merged out of many partitions equals what one partition sees that has all events. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineConfig, noData, spike, stream, t, threshold } from '../config/authoring.ts'
import type { Authored } from '../config/define.ts'
import { simulate } from '../replay/simulate.ts'
import type { Simulation } from '../replay/simulated-world.ts'
import type { KpiRow } from '../view/reader.ts'
import type { SimulatedEvent } from '../replay/simulated-events.ts'

const START = Date.UTC(2026, 0, 5, 10)

/** The same measures and rules over one partition, or over several. */
function config(partitions: number, clock: 'live' | 'event', lateness: '1m' | '1h' = '1m'): Authored {
  const orders = stream('orders', {
    key: 'shop',
    time: 'at',
    clock,
    lateness,
    partitions,
    schema: { at: t.Number(), shop: t.String(), product: t.String(), price: t.Number(), paid: t.Boolean() },
  })
  const total = orders.metric('total', {
    by: [],
    of: 'price',
    stats: ['count', 'sum', 'mean', 'min', 'max', 'p50', 'p95'],
    windows: ['1m', '10m'],
  })
  const product = orders.metric('product', {
    by: ['product'],
    of: 'price',
    stats: ['count', 'sum', 'max', 'p95'],
    windows: ['1m', '5m'],
  })
  const paid = orders.metric('paid', {
    by: ['product'],
    where: { paid: true },
    among: { price: { above: 20 } },
    stats: ['ratio'],
    windows: ['1m'],
  })
  return defineConfig({
    rules: [
      threshold(total, { stat: 'sum', window: '1m', above: 900 }),
      threshold(product, { stat: 'p95', window: '1m', above: 90, for: '20s' }),
      threshold(paid, { window: '1m', below: 0.4, minSamples: 3 }),
      spike(product, { stat: 'max', window: '1m', times: 2, over: '10m', minSamples: 2 }),
      noData(product, { for: '2m' }),
    ],
  })
}

/** Whole prices: sums of integers have no order. Event times up to 40 s behind their arrival, some too late. */
const event = fc.record({
  after: fc.integer({ min: 0, max: 8000 }),
  behind: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 2000 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
  ),
  shop: fc.integer({ min: 0, max: 11 }),
  product: fc.integer({ min: 0, max: 3 }),
  price: fc.integer({ min: 1, max: 100 }),
  paid: fc.boolean(),
})

function arrivals(
  events: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[],
): SimulatedEvent[] {
  let ms = START
  return events.map(({ after, behind, shop, product, price, paid }) => {
    ms += after
    const row = { at: ms - behind, shop: `shop-${shop}`, product: `p${product}`, price, paid }
    return { ...row, arriveAt: ms }
  })
}

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never
const UNTIL = Date.UTC(2026, 0, 5, 10, 12)

/** Runs the same events through one partition and through several. */
function both(run: (events: Event[], partitions: number) => Promise<void>, numRuns: number): Promise<void> {
  const events = fc.array(event, { minLength: 1, maxLength: 60 })
  return fc.assert(fc.asyncProperty(events, fc.integer({ min: 2, max: 6 }), run), { numRuns })
}

test(
  'live: windows, series and alerts of several partitions are those of one',
  { timeout: 120_000 },
  async () => {
    await both(async (events, partitions) => {
      const sent = { orders: arrivals(events) }
      const [one, many] = [1, partitions].map((p) => simulate(config(p, 'live'), sent, { until: UNTIL }))
      for (const metric of ['total', 'product', 'paid'])
        expect(rows(many!, metric)).toEqual(rows(one!, metric))
      for (const stat of ['count', 'sum', 'p95'] as const)
        expect(await points(many!, stat)).toEqual(await points(one!, stat))
      expect(told(many!)).toEqual(told(one!))
    }, 4)
  },
)

test(
  'history: series of several partitions are those of one, whichever ran ahead',
  { timeout: 120_000 },
  async () => {
    await both(async (events, partitions) => {
      const sent = { orders: arrivals(events) }
      const [one, many] = [1, partitions].map((p) =>
        simulate(config(p, 'event', '1h'), sent, { until: UNTIL }),
      )
      for (const stat of ['count', 'sum', 'p95'] as const)
        expect(await points(many!, stat)).toEqual(await points(one!, stat))
    }, 4)
  },
)

function rows(world: Simulation, metric: string): KpiRow[] {
  const key = ({ group }: KpiRow): string => JSON.stringify(group)
  return world.windows(metric).toSorted((a, b) => key(a).localeCompare(key(b)))
}

function points(world: Simulation, stat: 'count' | 'sum' | 'p95'): Promise<[number, number][]> {
  return world.series('total', { stat, step: '1m' })
}

/** Every change of every alert, in an order that does not depend on partitions. */
function told(world: Simulation): string[] {
  return world.alerts
    .map(({ event: change, alert }) => {
      const { rule, group, value, since, updatedAt } = alert
      return JSON.stringify([change, rule, group, value, since, updatedAt])
    })
    .toSorted()
}
