/**
 * How far the partitions that feed a merged stream have come. Time there is the least of those one waits for, and
 * what a source gained in one of its turns is added after the same turn here: so it does not matter which of them
 * was faster, and a replay arrives at the same windows (alignment as in Carbone et al., "Lightweight Asynchronous
 * Snapshots for Distributed Dataflows", 2015).
 */
import type { PartialMessage, Piece } from './message.ts'

/** A source that owes a word for so long (log time, ms) is waited for no longer. */
export const PATIENCE = 30_000
/** Where it gained something before, its panes are kept open for so long: then it may still amend them, ms. */
export const HOLD = 10 * 60_000
/** Longer silence of all sources means that they were not there: each gets its time to come back, ms. */
const GAP = 15_000

export interface SourceState {
  now: number | null
  final: number | null
  idle: boolean
  /** Log time of its last word, ms. */
  seenAt: number
  /** Gains of turns we have not come to. */
  queue: { turn: number; final: number | null; pieces: Piece[] }[]
}

export interface SavedSources {
  states: [number, SourceState][]
  heardAt: number | null
  resumedAt: number
}

export class Sources {
  /** By partition. */
  readonly states = new Map<number, SourceState>()
  /** Log time of the last word of anybody, and of the first after a gap, ms. */
  private heardAt: number | null = null
  private resumedAt = 0
  private readonly count: number

  /** `count`: how many there are; each speaks at least once. */
  constructor(count: number) {
    this.count = count
  }

  /** `ms`: log time of the entry. */
  hear(partition: number, message: PartialMessage, ms: number): void {
    if (this.heardAt === null || ms - this.heardAt > GAP) this.resumedAt = ms
    this.heardAt = ms
    const before = this.states.get(partition)
    const { turn, now, final, idle, pieces } = message
    const queue = before?.queue ?? []
    if (pieces.length > 0) queue.push({ turn: turn ?? Number.NEGATIVE_INFINITY, final, pieces })
    this.states.set(partition, {
      now: most(now, before?.now),
      final: most(final, before?.final),
      idle,
      seenAt: ms,
      queue,
    })
  }

  /** Whether there is somebody to wait for. */
  waiting(ms: number): boolean {
    return this.awaitsUnknown(ms) || this.awaited(ms).length > 0
  }

  /** The turn that all whom we wait for have come to; null while that cannot be told. */
  turn(ms: number): number | null {
    if (this.awaitsUnknown(ms)) return null
    const turns = this.awaited(ms).map(({ now }) => now)
    return turns.length === 0 || turns.includes(null) ? null : Math.min(...(turns as number[]))
  }

  /** The furthest turn anybody has come to. */
  get furthest(): number | null {
    return [...this.states.values()].reduce<number | null>((max, { now }) => most(now, max), null)
  }

  /** Event time (ms): nothing older will come. Idle sources count as long as we have patience, others longer. */
  final(ms: number): number {
    // What waits in a queue, or in the log of a source that is away, must not find its panes gone.
    const sources = [...this.states.values()].filter(
      (one) => one.queue.length > 0 || this.lately(one, ms) || (!one.idle && ms - one.seenAt <= HOLD),
    )
    const finals = sources.map(
      ({ final, queue }) => (queue.length > 0 ? queue[0]!.final : final) ?? Number.NEGATIVE_INFINITY,
    )
    return finals.length === 0 || this.awaitsUnknown(ms) ? Number.NEGATIVE_INFINITY : Math.min(...finals)
  }

  /** Partitions that owe us a word for too long. */
  behind(ms: number): number[] {
    if (this.heardAt === null || this.awaitsUnknown(ms)) return []
    return Array.from({ length: this.count }, (_, p) => p).filter((p) => {
      const source = this.states.get(p)
      return source === undefined || (!source.idle && !this.lately(source, ms))
    })
  }

  /** Log time (ms) at which patience with somebody ends; null where nobody is waited for. */
  patienceEnds(): number | null {
    const now = this.heardAt
    if (now === null) return null
    const since = this.awaited(now).map(({ seenAt }) => Math.max(seenAt, this.resumedAt))
    if (this.awaitsUnknown(now)) since.push(this.resumedAt)
    return since.length === 0 ? null : Math.min(...since) + PATIENCE + 1
  }

  /** Takes what was gained up to and in `turn`, source by source. */
  *take(turn: number): Generator<[partition: number, piece: Piece]> {
    for (const [partition, source] of [...this.states].toSorted(([a], [b]) => a - b)) {
      while (source.queue.length > 0 && source.queue[0]!.turn <= turn) {
        for (const piece of source.queue.shift()!.pieces) yield [partition, piece]
      }
    }
  }

  toJSON(): SavedSources {
    return { states: [...this.states], heardAt: this.heardAt, resumedAt: this.resumedAt }
  }

  restore({ states, heardAt, resumedAt }: SavedSources): void {
    this.heardAt = heardAt
    this.resumedAt = resumedAt
    // JSON has no -Infinity: what came before the first turn reads as null.
    for (const [partition, source] of states) {
      const queue = source.queue.map((one) => ({ ...one, turn: one.turn ?? Number.NEGATIVE_INFINITY }))
      this.states.set(partition, { ...source, queue })
    }
  }

  private awaited(ms: number): SourceState[] {
    return [...this.states.values()].filter((source) => !source.idle && this.lately(source, ms))
  }

  /** Whether some have never spoken, and may still be about to. */
  private awaitsUnknown(ms: number): boolean {
    return this.heardAt !== null && this.states.size < this.count && ms - this.resumedAt <= PATIENCE
  }

  private lately(source: SourceState, ms: number): boolean {
    return ms - Math.max(source.seenAt, this.resumedAt) <= PATIENCE
  }
}

function most(a: number | null, b: number | null | undefined): number | null {
  if (a === null) return b ?? null
  return b === null || b === undefined ? a : Math.max(a, b)
}
