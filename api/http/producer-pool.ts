/** One producer per stream and schema, opened when first needed and replaced when the schema changes. */
import type { CompiledStream, Producer } from '../../engine/index.ts'

export type OpenProducer = (stream: CompiledStream) => Promise<Producer>

export class ProducerPool {
  readonly #open: OpenProducer
  readonly #opened = new Map<string, { version: string; producer: Promise<Producer> }>()

  constructor(open: OpenProducer) {
    this.#open = open
  }

  /** The producer for this version of the stream. A failed opening is not kept: the next request tries again. */
  of(stream: CompiledStream): Promise<Producer> {
    const held = this.#opened.get(stream.name)
    if (held?.version === stream.schemaVersion) return held.producer
    const producer = this.#open(stream)
    const entry = { version: stream.schemaVersion, producer }
    this.#opened.set(stream.name, entry)
    producer.catch(() => {
      if (this.#opened.get(stream.name) === entry) this.#opened.delete(stream.name)
    })
    // Requests still writing through the old one finish: close() flushes first.
    void held?.producer.then((old) => old.close()).catch(() => undefined)
    return producer
  }

  async close(): Promise<void> {
    const all = [...this.#opened.values()]
    this.#opened.clear()
    await Promise.allSettled(all.map(async ({ producer }) => (await producer).close()))
  }
}
