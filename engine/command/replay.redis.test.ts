import { expect, it } from 'vitest'
import { liveConfig, LiveEngine, randomFrom, randomTrades, withRedis } from '../replay/live.fixture.ts'
import { arrivalsOf } from '../replay/simulated-events.ts'
import { logsOf } from '../replay/simulated-log.ts'
import { run } from './replay.ts'

it('prints the alerts and what each metric came to', async () => {
  await withRedis(async ({ url }) => {
    const live = new LiveEngine(url, 'weir')
    const config = liveConfig()
    const end = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
    try {
      await live.publish(config)
      const stream = config.streams.find((one) => one.name === 'trades')!
      const events = randomTrades(randomFrom(3), end - 20 * 60_000, end)
      await live.preload(stream, logsOf(stream, arrivalsOf(stream, events)))
      await live.start()
      await live.settle(config, end)
      await live.stop()
      const told = await live.alerts()
      let said = ''
      const env = { REDIS_URL: url, WEIR_NAMESPACE: 'weir' }
      const world = {
        env,
        out: (text: string) => void (said += text),
        err: (text: string) => void (said += text),
      }
      expect(await run(['--stream', 'trades'], world), said).toBe(0)
      for (const { event, alert } of told.filter((one) => one.event !== 'updated'))
        expect(said).toContain(
          `${event === 'fired' ? 'fired     warning ' : 'resolved          '}  ${alert.rule}  ${alert.sentence}`,
        )
      expect(said).toMatch(
        /Replayed \d+ entries; nothing was written\.\nStreams\n {2}trades: counted \d+, duplicate 0, late \d+, dead \d+, missing 0\nMetrics\n/,
      )
      expect(said).toMatch(/ {2}volume: 5 groups, [\d,]+ points, \d+ fired, \d+ resolved\n/)

      said = ''
      expect(await run(['--json', '--to', '-2m'], world), said).toBe(0)
      const lines = said
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string })
      expect([lines[0]!.type, lines[1]!.type, lines.at(-1)!.type]).toEqual(['start', 'alert', 'summary'])
      const { event, alert } = lines[1] as unknown as (typeof told)[number]
      expect(told).toContainEqual({ event, alert })

      said = ''
      expect(await run(['--stream', 'trade'], world)).toBe(1)
      expect(said).toContain('there is no stream "trade". Did you mean')
    } finally {
      await live.close()
    }
  })
}, 120_000)
