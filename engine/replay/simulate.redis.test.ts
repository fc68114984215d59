/** A simulation says what a live engine says: same configuration, same random events. */
import { expect, it } from 'vitest'
import { RUNG_MS } from '../config/window.ts'
import type { Rung } from '../config/compiled.ts'
import { partitionKeys } from '../stream/keys.ts'
import { byAlert, liveConfig, LiveEngine, randomFrom, randomTrades, withRedis } from './live.fixture.ts'
import { simulate } from './simulate.ts'
import { arrivalsOf } from './simulated-events.ts'
import { logsOf } from './simulated-log.ts'

const MINUTE = 60_000

it('simulate equals live, whatever the events', async () => {
  const config = liveConfig()
  await withRedis(async ({ url }) => {
    for (const seed of [1, 2, 3]) {
      const random = randomFrom(seed * 7919)
      // Not long ago: a live engine catches up with at most 64 turns at once.
      const end = Math.floor(Date.now() / MINUTE) * MINUTE - 4 * MINUTE
      const trades = randomTrades(random, end - 40 * MINUTE, end)
      const past = randomTrades(random, end - 30 * MINUTE, end)
      const until = end + 2 * MINUTE
      const live = new LiveEngine(url, `t${seed}`)
      try {
        await live.publish(config)
        for (const [name, events] of Object.entries({ trades, past })) {
          const stream = config.streams.find((one) => one.name === name)!
          await live.preload(stream, logsOf(stream, arrivalsOf(stream, events)))
        }
        await live.start()
        await live.settle(config, until)
        const world = simulate(config, { trades, past }, { until: until + 2000 })

        const before = ({ alert }: { alert: { updatedAt: number } }): boolean => alert.updatedAt <= until
        const told = byAlert((await live.alerts()).filter(before))
        expect(byAlert(world.alerts.filter(before)), `seed ${seed}`).toEqual(told)
        const fired = Object.values(told).flat() as {
          event: string
          alert: { kind: string; stream: string }
        }[]
        for (const kind of ['threshold', 'spike', 'noData'])
          expect(
            fired.some((one) => one.event === 'fired' && one.alert.kind === kind),
            kind,
          ).toBe(true)
        expect(fired.some((one) => one.alert.stream === 'past')).toBe(true)
        for (const name of ['trades', 'past'])
          expect(world.accounting[name]).toEqual(await live.counts(config, name))
        expect([world.accounting['trades']!.late, world.accounting['trades']!.dead].every((n) => n > 0)).toBe(
          true,
        )

        const points = await live.series(config)
        let compared = 0
        for (const [name, point] of points) {
          const [metric = '', rung = '', group = '', at] = name.split(' ')
          if (Number(at) + RUNG_MS[rung as Rung] > end) continue
          const [pair] = JSON.parse(group) as string[]
          const labels: Record<string, string> = pair === undefined ? {} : { pair }
          const [mine] = await world.series(metric, {
            stat: metric === 'loaded' ? 'sum' : 'count',
            step: rung as Rung,
            from: Number(at),
            to: Number(at) + 1,
            group: labels,
          })
          compared++
          expect(mine?.[1] ?? 0, name).toBe(metric === 'loaded' ? point['sum'] : point['count'])
        }
        expect(compared).toBeGreaterThan(200)
        expect(await live.redis.exists(partitionKeys(`t${seed}`, 'trades', 0).log)).toBe(1)
      } finally {
        await live.close()
      }
    }
  })
}, 120_000)
