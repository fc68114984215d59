/** One producer process: sends numbered rows at a steady pace until told to stop, and says what it has sent. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openProducer, type CompiledStream } from '../../engine/index.ts'

export interface Order {
  type: 'start'
  number: number
  redisUrl: string
  namespace: string
  stream: CompiledStream
}
export interface Sent {
  type: 'sent'
  count: number
  sum: number
  first: number
}

const ROWS = 50
const PAUSE_MS = 25
const GROUPS = 40

let stopped = false
process.on('disconnect', () => process.exit(0))
process.on('message', (message: Order | { type: 'stop' }) => {
  if (message.type === 'stop') stopped = true
  else void work(message)
})
process.send?.({ type: 'ready' })

async function work({ number, redisUrl, namespace, stream }: Order): Promise<void> {
  const producer = await openProducer({ redisUrl, namespace, stream }, { name: `load-${number}` })
  const sent: Sent = { type: 'sent', count: 0, sum: 0, first: Date.now() }
  while (!stopped) {
    for (let i = 0; i < ROWS; i++) {
      const v = 1 + ((sent.count * 7919 + number) % 1000)
      await producer.send({ at: Date.now(), k: `k${sent.count % GROUPS}`, v })
      sent.count++
      sent.sum += v
    }
    await sleep(PAUSE_MS)
  }
  for (let done = false; !done;)
    done = await producer.flush().then(
      () => true,
      () => false,
    )
  process.send?.(sent)
}
