/** What an alert shows depends on the log and on its look, not on what else is committed with it. */
import { expect, it } from 'vitest'
import type { Told } from '../commit/folding.ts'
import { withEvidence } from '../commit/evidence.ts'
import { decode } from '../event/decode.ts'
import { PartitionFold } from '../fold.ts'
import { liveConfig, LiveEngine, randomFrom, randomTrades, withRedis } from './live.fixture.ts'
import { MemoryLog } from './memory-log.ts'
import { toldRows } from './partition-run.ts'
import { arrivalsOf } from './simulated-events.ts'
import { logsOf, type RawEntry } from './simulated-log.ts'

it('any cut into commits shows the same, from Redis and from memory', async () => {
  await withRedis(async ({ url }) => {
    const live = new LiveEngine(url, 'weir')
    const random = randomFrom(23)
    try {
      const config = liveConfig()
      const stream = config.streams.find((one) => one.name === 'past')!
      const start = 1_767_607_200_000
      const arrivals = arrivalsOf(stream, randomTrades(random, start, start + 3_600_000))
      // History in large batches: several looks in the midst of one entry.
      for (const arrival of arrivals)
        arrival.ms = start + 3_600_000 + Math.floor((arrival.ms - start) / 600_000)
      const [log] = logsOf(stream, arrivals)
      // Ticks stand between, as in a quiet log.
      const tick = ['weir', 'tick/1', 'by', 'x']
      const raw = log!.flatMap(([id, fields], i) =>
        [fields, tick, tick].map((some, k): RawEntry => [`${Number.parseInt(id)}-${3 * i + k}`, some]),
      )
      await live.preload(stream, [raw])
      const namespace = 'weir'

      const fold = new PartitionFold('past', 0, '1-0', () => config)
      const seen = new MemoryLog()
      const told: Told[] = []
      const fromMemory: unknown[] = []
      for (const [id, fields] of raw) {
        const entry = decode(id, fields)
        seen.add(entry)
        fold.step(entry)
        const outputs = fold.take()
        told.push(...outputs.told)
        fromMemory.push(...toldRows(fold, outputs, (_, look) => seen.evidence(look)))
      }
      expect(told.length).toBeGreaterThan(20)
      const whole = await withEvidence(live.redis, namespace, 0, stream, told)
      expect(whole).toEqual(fromMemory)
      for (const row of whole)
        for (const sample of row.evidence.samples) expect(sample['at']).toBeLessThan(row.at + 15_000)
      expect(whole.some((row) => row.evidence.samples.length > 1)).toBe(true)
      for (let cut = 0; cut < 10; cut++) {
        const rows: unknown[] = []
        for (let at = 0; at < told.length;) {
          const size = 1 + Math.floor(random() * 20)
          rows.push(...(await withEvidence(live.redis, namespace, 0, stream, told.slice(at, at + size))))
          at += size
        }
        // A cut never parts a look live; here it may, and even then only the entries named by others are missed.
        expect(rows.length).toBe(whole.length)
        for (const [i, row] of rows.entries()) {
          const { sentence, cause } = whole[i]!
          expect(row).toMatchObject({ sentence, cause })
        }
      }
      for (const at of new Set(told.map(({ change }) => change.at))) {
        const look = told.filter(({ change }) => change.at === at)
        const rows = await withEvidence(live.redis, namespace, 0, stream, look)
        expect(rows).toEqual(whole.filter((row) => row.at === at))
      }
    } finally {
      await live.close()
    }
  })
}, 120_000)
