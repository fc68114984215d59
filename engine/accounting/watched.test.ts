import { expect, it } from 'vitest'
import { compile } from '../config/compile.ts'
import { accounting, type Authored, defineConfig, stream, t, threshold } from '../config/authoring.ts'
import { simulate } from '../replay/simulate.ts'

const TEN = Date.UTC(2026, 0, 5, 10)
const trades = stream('trades', {
  key: 'pair',
  partitions: 2,
  schema: { pair: t.String(), volume: t.Number() },
})
const refused = accounting.metric('refused', { by: ['stream'], of: 'dead', stats: ['sum'], windows: ['5m'] })
const config = defineConfig({
  streams: [trades],
  rules: [threshold(refused, { stat: 'sum', above: 0, says: '{stream}: {value} rows refused.' })],
})
const streamsOf = (authored: Authored): string[] =>
  compile(authored, { checkFile: () => null }).config.streams.map(({ name }) => name)

it('a rule watches the accounting of all streams: it fires when the minute is told, and resolves after its window', () => {
  const events = Array.from({ length: 30 }, (_, i) => ({
    pair: `P${i}`,
    volume: i === 7 || i === 19 ? 'much' : 1,
    arriveAt: TEN + i * 1000,
  }))
  const world = simulate(config, { trades: events }, { until: TEN + 20 * 60_000 })
  const told = world.alerts.filter(({ event }) => event !== 'updated')
  expect(told.map(({ event, alert }) => [event, alert.sentence])).toEqual([
    ['fired', 'Trades: 2 rows refused.'],
    ['resolved', expect.any(String)],
  ])
  // A minute after its end and two more; then at most a slide of the window, and its disorder.
  expect(told[0]!.at - TEN).toBeGreaterThanOrEqual(180_000)
  expect(told[0]!.at - TEN).toBeLessThanOrEqual(200_000)
  // One per partition, producer and minute, and none about the stream that tells it.
  expect(world.accounting['accounting']).toMatchObject({ counted: 2, dead: 0, late: 0, duplicate: 0 })
})

it('the stream is there where something uses it, and nobody else may have its name', () => {
  expect(streamsOf(config)).toEqual(['runs', 'fields', 'trades', 'accounting'])
  expect(streamsOf(defineConfig({ streams: [trades] }))).toEqual(['runs', 'fields', 'trades'])
  const own = stream('accounting', { key: 'pair', schema: { pair: t.String() } })
  const { mistakes } = compile(defineConfig({ streams: [own] }), { checkFile: () => null })
  expect(mistakes.map(({ what }) => what)).toEqual([
    "stream 'accounting': 'accounting' is the built-in stream of what became of every row.",
  ])
})
