/** A program that hands far more rows to a producer than it can write at once, and tells with beats: made to be killed. */
import { openProducer } from '../event/redis-producer.ts'
import { trade, tradesStream } from '../event/trades.fixture.ts'

const [redisUrl, namespace] = process.argv.slice(2) as [string, string]
const producer = await openProducer(
  { redisUrl, namespace, stream: tradesStream({ partitions: 1 }) },
  { name: 'killed', highWater: 1_000_000 },
  { now: Date.now, random: Math.random, beatEvery: 0 },
)
for (let i = 0; i < 100_000; i++) void producer.send(trade({ at: Date.now(), volume: i }))
