/**
 * One producer process of the torture: `producer.ts NUMBER FOLDER`. It sends its rows without end and writes down what
 * Redis has acknowledged. After kill -9 the next life cannot know what of the last id arrived: it sends all of it again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { newestConfig, connect, openProducer, type Producer } from '../../engine/index.ts'
import { readLedger, writeLedger, type Ledger } from './ledger.ts'
import { rowOf } from './row.ts'

const TURN_MS = 250
const ROWS_PER_TURN = 1250
/** Rows under one id: what a new life sends again at most. */
const ROWS_PER_ID = 60_000

const number = Number(process.argv[2])
const folder = process.argv[3]!
const redisUrl = process.env['REDIS_URL']!
const namespace = process.env['WEIR_NAMESPACE']!
let stopping = false

process.on('message', (message: { type?: string }) => {
  if (message.type === 'finish') stopping = true
})
process.send?.({ type: 'ready' })

const stream = await tortured()
let ledger = readLedger(folder, number) ?? begun(0)
let producer = await opened()
let next = ledger.from
while (!stopping) {
  const turn = sleep(TURN_MS)
  if (ledger.acked - ledger.from >= ROWS_PER_ID) {
    await producer.close()
    ledger = begun(ledger.acked)
    next = ledger.from
    producer = await opened()
  }
  for (const end = next + ROWS_PER_TURN; next < end; next++) await producer.send({ ...rowOf(number, next) })
  await flushed()
  // What was sent again has been acknowledged before.
  ledger = { ...ledger, acked: Math.max(ledger.acked, next) }
  writeLedger(folder, number, ledger)
  if (next >= ledger.acked) await turn
}
await producer.close()
process.send?.({ type: 'finished' })

/** A new id, written down before anything is sent under it. */
function begun(from: number): Ledger {
  const fresh = { id: `torture-${number}~${Date.now()}~${from}`, from, acked: from }
  writeLedger(folder, number, fresh)
  return fresh
}

function opened(): Promise<Producer> {
  return openProducer({ redisUrl, namespace, stream }, { name: ledger.id, id: ledger.id })
}

/** However long Redis is away. */
async function flushed(): Promise<void> {
  for (;;) {
    try {
      return await producer.flush()
    } catch {
      // Still on its way: nothing that was taken is given up.
    }
  }
}

async function tortured() {
  const redis = connect(redisUrl, 'query', 'weir-torture')
  try {
    for (;;) {
      const config = await newestConfig(redis, namespace).catch(() => null)
      const found = config?.streams.find(({ name }) => name === 'torture')
      if (found !== undefined) return found
      await sleep(100)
    }
  } finally {
    redis.disconnect()
  }
}
