/**
 * The newest hashes of an endless row of them, in two generations: the older one goes as a whole when the newer one
 * is full, or has lasted its time. So what came in is kept for at least one generation, and memory is bounded.
 */
import { CHUNK, HashLog } from './hash-log.ts'

interface Generation {
  number: number
  /** Log time of its first hash, ms. */
  openedAt: number
  log: HashLog
  /** Hashes that a snapshot holds already. */
  saved: number
}

/** What a snapshot keeps in its header; the hashes are in blocks of their own. */
export interface SavedGenerations {
  /** Older first: number, log time of its first hash, hashes. */
  generations: [number: number, openedAt: number, size: number][]
  span: number | null
}

export interface GenerationOptions {
  /** First part of the names of its blocks. */
  name: string
  /** Hashes per generation. */
  limit: number
  /** Log time a generation lasts at most, ms. */
  lasts?: number
  /** Each hash carries a whole number. */
  numbered?: boolean
}

export class HashGenerations {
  /**
   * How long a hash is kept at least, ms of log time, where that is less than `lasts`: the newest generation that
   * filled up before its time did so within this span. Null while none has.
   */
  span: number | null = null
  private readonly options: GenerationOptions
  private readonly lasts: number
  private older: Generation | null = null
  private newer: Generation | null = null

  constructor(options: GenerationOptions) {
    this.options = options
    this.lasts = options.lasts ?? Number.POSITIVE_INFINITY
  }

  /** Whether the hash is here, at log time `ms`. */
  has(a: number, b: number, ms: number): boolean {
    this.expire(ms)
    return (
      this.newer !== null && (found(this.newer, a, b) || (this.older !== null && found(this.older, a, b)))
    )
  }

  /** The number that came last with the hash, or null. */
  numberOf(a: number, b: number): number | null {
    for (const generation of [this.newer, this.older]) {
      const place = generation?.log.find(a, b) ?? -1
      if (place >= 0) return generation!.log.numberAt(place)
    }
    return null
  }

  /** Takes a hash in. True where the newer generation was full, has become the older one, and that has gone. */
  add(a: number, b: number, ms: number, number = 0): boolean {
    this.expire(ms)
    const turns = this.newer?.log.full ?? false
    if (turns) {
      this.span = ms - this.newer!.openedAt
      this.older = this.newer
      this.newer = null
    }
    this.newer ??= this.open((this.older?.number ?? 0) + 1, ms)
    this.newer.log.add(a, b, number)
    return turns
  }

  /** Null where there is nothing to keep. Writes what no snapshot holds into `changed`, and names all of it. */
  save(changed: Map<string, Buffer>, names: string[]): SavedGenerations | null {
    const all = [this.older, this.newer].filter((one) => one !== null)
    for (const { number, log, saved } of all) {
      for (let chunk = 0; chunk < log.chunkCount; chunk++) {
        const name = this.blockName(number, chunk)
        names.push(name)
        if (saved < Math.min(log.size, (chunk + 1) * CHUNK)) changed.set(name, log.encode(chunk))
      }
    }
    for (const one of all) one.saved = one.log.size
    if (all.length === 0) return null
    return { generations: all.map((one) => [one.number, one.openedAt, one.log.size]), span: this.span }
  }

  restore({ generations, span }: SavedGenerations, blocks: ReadonlyMap<string, Buffer>): void {
    this.span = span
    this.older = null
    this.newer = null
    for (const [number, openedAt, size] of generations) {
      const generation = this.open(number, openedAt)
      for (let chunk = 0; chunk * CHUNK < size; chunk++)
        generation.log.decode(blocks.get(this.blockName(number, chunk))!)
      generation.saved = size
      this.older = this.newer
      this.newer = generation
    }
  }

  private expire(ms: number): void {
    if (this.newer === null || ms - this.newer.openedAt < this.lasts) return
    // Where nothing came for so long that the newer one would be gone as well, it is.
    this.older = ms - this.newer.openedAt < 2 * this.lasts ? this.newer : null
    this.newer = this.open(this.newer.number + 1, ms)
    this.span = null
  }

  private open(number: number, openedAt: number): Generation {
    const { limit, numbered } = this.options
    return { number, openedAt, log: new HashLog(limit, numbered), saved: 0 }
  }

  private blockName(number: number, chunk: number): string {
    return `${this.options.name}.${number}.${chunk}`
  }
}

function found({ log }: Generation, a: number, b: number): boolean {
  return log.find(a, b) >= 0
}
