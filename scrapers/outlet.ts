/** Where events leave: one producer per stream, opened when first needed, reopened when its stream changed. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CompiledStream,
  type Producer,
  WeirError,
  compileValidator,
  openProducer,
} from '../engine/index.ts'

export interface Outlet {
  /** Streams of the newest config. */
  use(streams: CompiledStream[]): void
  /** Why a row is no event of a stream, or null. */
  fits(stream: string, row: Record<string, unknown>): string | null
  /** Sends one event. False, with the reason, where the stream is unknown or the event does not fit it. */
  send(
    stream: string,
    row: Record<string, unknown>,
    origin: string,
  ): Promise<{ ok: true } | { ok: false; reason: string }>
  /** Resolves when all that these streams were sent is in Redis; rejects where that takes longer than `deadline` ms. */
  flush(streams?: readonly string[], deadline?: number): Promise<void>
  /** What waits on disk and what was refused, over all streams; null without a spool. */
  spooled(): Promise<{ waiting: number; refused: number } | null>
  close(): Promise<void>
}

const SPOOL_GRACE = 1000
const unknown = (stream: string): string => `there is no stream "${stream}" in the config`

/** `spool`: where events go with Redis away, a folder in it per stream. */
export function openOutlet(redisUrl: string, namespace: string, name: string, spool?: string): Outlet {
  /** What is safe on disk need not be waited for. */
  const grace = spool === undefined ? undefined : SPOOL_GRACE
  let streams = new Map<string, CompiledStream>()
  const open = new Map<string, { schema: string; producer: Promise<Producer> }>()

  function producerOf(stream: CompiledStream): Promise<Producer> {
    const schema = `${stream.schemaVersion}/${stream.partitions}`
    const known = open.get(stream.name)
    if (known?.schema === schema) return known.producer
    // What the old one still holds is sent before it closes; a failure then is reported by close().
    const closed = known?.producer.then((old) => old.close(grace)).catch(() => undefined)
    const options = { name: `${name}.${stream.name}` }
    const producer =
      spool === undefined
        ? openProducer({ redisUrl, namespace, stream }, options)
        : // One producer at a time uses a spool.
          Promise.resolve(closed).then(() =>
            openProducer({ redisUrl, namespace, stream }, { ...options, spool: join(spool, stream.name) }),
          )
    open.set(stream.name, { schema, producer })
    // One that could not be opened is tried again with the next event.
    producer.catch(() => void (open.get(stream.name)?.producer === producer && open.delete(stream.name)))
    return producer
  }

  return {
    use(next) {
      streams = new Map(next.map((stream) => [stream.name, stream]))
      // What an earlier process has left on disk is sent, whether or not there is anything new.
      if (spool === undefined) return
      for (const stream of next)
        if (existsSync(join(spool, stream.name))) producerOf(stream).catch(() => undefined)
    },
    fits(name, row) {
      const stream = streams.get(name)
      if (!stream) return unknown(name)
      const told = compileValidator(stream)(row)
      return told.ok ? null : told.reason
    },
    async send(name, row, origin) {
      const stream = streams.get(name)
      if (!stream) return { ok: false, reason: unknown(name) }
      try {
        return await (await producerOf(stream)).send(row, origin)
      } catch (error) {
        if (error instanceof WeirError && error.code === 'WEIR_SPOOL')
          return { ok: false, reason: error.explain() }
        throw error
      }
    },
    async flush(names = [...open.keys()], deadline) {
      const producers = names.flatMap((name) => open.get(name)?.producer ?? [])
      await Promise.all(producers.map(async (producer) => (await producer).flush(deadline)))
    },
    async spooled() {
      const producers = await Promise.allSettled([...open.values()].map(({ producer }) => producer))
      const states = producers.map((one) => (one.status === 'fulfilled' ? one.value.spool : null))
      const sum = (part: 'waiting' | 'refused'): number =>
        states.reduce((all, state) => all + (state?.[part] ?? 0), 0)
      return spool === undefined ? null : { waiting: sum('waiting'), refused: sum('refused') }
    },
    async close() {
      const all = [...open.values()]
      open.clear()
      const ends = await Promise.allSettled(all.map(async ({ producer }) => (await producer).close(grace)))
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed) throw failed.reason
    },
  }
}
