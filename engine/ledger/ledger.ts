/** What was not counted, for people: look through it, send it again, or take it away. */
import type { CompiledStream } from '../config/compiled.ts'
import type { Letter, LetterKind } from './letter.ts'
import type { Refusal } from './replayable.ts'

export interface LetterQuery {
  kind: LetterKind
  /** Text the reason must contain, whatever its case. */
  reason?: string
  /** Of the page before. */
  cursor?: string
  /** Letters per page, 1 to 1000. */
  limit: number
}

export interface LetterPage {
  /** Newest first. With `reason` there may be fewer than `limit` and yet a cursor: one page looks at a bounded number. */
  letters: Letter[]
  /** Where the next page begins; null at the end. */
  cursor: string | null
  /** In the ledgers now (about 10,000 a partition at most), and since the beginning. */
  kept: number
  total: number
  replayed: number
  dropped: number
}

export type Replayed = { ok: true; /** Under which it was sent. */ producer: string } | Refusal

/** All methods reject with WEIR_REDIS_AWAY, or as the Redis client does, where Redis does not answer. */
export interface Ledger {
  /** Throws WEIR_QUERY for a cursor that is none. */
  list(stream: CompiledStream, query: LetterQuery): Promise<LetterPage>
  /** Null where there is no such letter, or no longer. */
  show(stream: CompiledStream, id: string): Promise<Letter | null>
  /**
   * Sends the row of a letter again and takes the letter away. Counts once, however often and by how many this is
   * asked for: after a crash in between the second attempt is a duplicate.
   */
  replay(stream: CompiledStream, id: string): Promise<Replayed>
  /** Takes a letter away for good; false where there is none. */
  drop(stream: CompiledStream, id: string): Promise<boolean>
  close(): Promise<void>
}
