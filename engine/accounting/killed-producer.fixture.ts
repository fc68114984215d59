/** A program that hands more rows to a producer than it can write, and tells with beats, until it is killed. */
import { setImmediate } from 'node:timers/promises'
import { openProducer } from '../event/redis-producer.ts'
import { trade, tradesStream } from '../event/trades.fixture.ts'

const [redisUrl, namespace] = process.argv.slice(2) as [string, string]
const producer = await openProducer(
  { redisUrl, namespace, stream: tradesStream({ partitions: 1 }) },
  { name: 'killed', highWater: 1_000_000 },
  { now: Date.now, random: Math.random, beatEvery: 0 },
)
for (let i = 0; ; i++) {
  const room = producer.send(trade({ at: Date.now(), volume: i }))
  if (i % 50_000 === 49_999) await Promise.all([room, setImmediate()])
}
