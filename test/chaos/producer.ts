/**
 * One producer process of a chaos run. It sends chunk after chunk as it is let go, and says when each is in Redis.
 * Started again after a kill it begins at the chunk it is told, under the ids of then: what was sent comes again.
 */
import { openProducer, type CompiledStream, type Producer } from '../../engine/index.ts'
import { nowRow, pastRow, type Plan, type Row } from './load.ts'

export interface ProducerOrder {
  type: 'start'
  plan: Plan
  number: number
  redisUrl: string
  namespace: string
  streams: CompiledStream[]
  /** First chunk to send; the first of a segment. */
  from: number
}
/** `at`: wall clock of the release, ms, the same whenever it is said again. */
export interface Release {
  type: 'release'
  chunk: number
  at: number
}
export interface Done {
  type: 'done'
  chunk: number
}

const released: Release[] = []
let wake = (): void => undefined

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ProducerOrder | Release) => {
  if (message.type === 'start') {
    void work(message)
  } else {
    released.push(message)
    wake()
  }
})
process.send?.({ type: 'ready' })

async function work(order: ProducerOrder): Promise<void> {
  const { plan, number } = order
  let open: Producer[] = []
  for (let chunk = order.from; chunk < plan.chunks; chunk++) {
    if (chunk % plan.segment === 0) {
      await Promise.all(open.map((producer) => producer.close()))
      open = await producers(order, chunk / plan.segment)
    }
    const { at } = await next(chunk)
    const [past, now] = open as [Producer, Producer]
    for (let i = 0; i < plan.past; i++) await send(past, pastRow(plan, number, chunk, i))
    for (let i = 0; i < plan.now; i++) await send(now, nowRow(plan, number, chunk, i, at))
    await Promise.all(open.map(flushed))
    process.send?.({ type: 'done', chunk } satisfies Done)
  }
}

/** One id per segment and stream, the same in every life. */
function producers(order: ProducerOrder, segment: number): Promise<Producer[]> {
  const { redisUrl, namespace, streams, number } = order
  return Promise.all(
    ['past', 'now'].map((name) => {
      const stream = streams.find((one) => one.name === name)!
      const id = `${name}-${number}-${segment}`
      return openProducer({ redisUrl, namespace, stream }, { name: id, id })
    }),
  )
}

async function send(producer: Producer, { kind, at, k, v }: Row): Promise<void> {
  await producer.send({ at, k, v: kind === 'dead' ? `${v} pieces` : v })
}

/** However long Redis is away. */
async function flushed(producer: Producer): Promise<void> {
  for (;;) {
    try {
      return await producer.flush()
    } catch {
      // Still on its way: nothing that was taken is given up.
    }
  }
}

async function next(chunk: number): Promise<Release> {
  for (;;) {
    const found = released.find((release) => release.chunk === chunk)
    if (found) {
      while (released[0] && released[0].chunk <= chunk) released.shift()
      return found
    }
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}
