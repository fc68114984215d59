/** Where events leave: one producer per stream, opened when first needed, reopened when its stream changed. */
import { type CompiledStream, type Producer, openProducer } from '../engine/index.ts'

export interface Outlet {
  /** Streams of the newest config. */
  use(streams: CompiledStream[]): void
  /** Sends one event. False, with the reason, where the stream is unknown or the event does not fit it. */
  send(
    stream: string,
    row: Record<string, unknown>,
    origin: string,
  ): Promise<{ ok: true } | { ok: false; reason: string }>
  close(): Promise<void>
}

export function openOutlet(redisUrl: string, namespace: string, name: string): Outlet {
  let streams = new Map<string, CompiledStream>()
  const open = new Map<string, { schema: string; producer: Promise<Producer> }>()

  function producerOf(stream: CompiledStream): Promise<Producer> {
    const schema = `${stream.schemaVersion}/${stream.partitions}`
    const known = open.get(stream.name)
    if (known?.schema === schema) return known.producer
    // What the old one still holds is sent before it closes; a failure then is reported by close().
    void known?.producer.then((old) => old.close()).catch(() => undefined)
    const producer = openProducer({ redisUrl, namespace, stream }, { name: `${name}.${stream.name}` })
    open.set(stream.name, { schema, producer })
    return producer
  }

  return {
    use(next) {
      streams = new Map(next.map((stream) => [stream.name, stream]))
    },
    async send(name, row, origin) {
      const stream = streams.get(name)
      if (!stream) return { ok: false, reason: `there is no stream "${name}" in the config` }
      const producer = await producerOf(stream)
      return producer.send(row, origin)
    },
    async close() {
      const all = [...open.values()]
      open.clear()
      const ends = await Promise.allSettled(all.map(async ({ producer }) => (await producer).close()))
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed) throw failed.reason
    },
  }
}
