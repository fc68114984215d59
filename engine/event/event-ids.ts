/** The ids of events that a partition has counted of late: an event that brings one of them again is a duplicate. */
import type { CompiledStream } from '../config/compiled.ts'
import { type Columns, EVENT_ID } from './entry.ts'
import { hash64 } from './hash64.ts'
import { HashGenerations, type SavedGenerations } from './hash-generations.ts'

/** An id is remembered at least that long (ms of log time), or until as many newer ones have come. */
export const ID_HORIZON = 24 * 3_600_000
export const ID_LIMIT = 500_000

export class EventIds {
  private readonly recent: HashGenerations
  private readonly hash = new Int32Array(2)

  /** `limit`: ids per generation, for tests. */
  constructor(limit = ID_LIMIT) {
    this.recent = new HashGenerations({ name: 'ids', limit, lasts: ID_HORIZON })
  }

  /** The ids of a batch, or null where there are none: a field of this name that the schema declares is no event id. */
  columnOf(stream: CompiledStream, columns: Columns): unknown[] | null {
    const column = columns[EVENT_ID]
    return column === undefined || EVENT_ID in stream.schema.properties ? null : column
  }

  /** Whether an event with this id was counted, as of log time `ms`. An event without one never was. */
  known(id: unknown, ms: number): boolean {
    if (id === null || id === undefined) return false
    hash64(String(id), this.hash)
    return this.recent.has(this.hash[0]!, this.hash[1]!, ms)
  }

  /** Notes the id of an event that was counted. */
  remember(id: unknown, ms: number): void {
    if (id === null || id === undefined) return
    hash64(String(id), this.hash)
    this.recent.add(this.hash[0]!, this.hash[1]!, ms)
  }

  /** How long an id is remembered at least, ms, where so many came that it is less than ID_HORIZON; else null. */
  get span(): number | null {
    return this.recent.span
  }

  save(changed: Map<string, Buffer>, names: string[]): SavedGenerations | null {
    return this.recent.save(changed, names)
  }

  restore(saved: SavedGenerations, blocks: ReadonlyMap<string, Buffer>): void {
    this.recent.restore(saved, blocks)
  }
}
