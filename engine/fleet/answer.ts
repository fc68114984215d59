/** What an API answered, kept as it was received: to look at when its shape changes, and to map again. */

/** Bounds: answers of one collector, bytes of one as received and as kept (packed), and their age (ms). */
export const ANSWER_LIMITS = { newest: 50, bytes: 1024 * 1024, packed: 256 * 1024, age: 7 * 86_400_000 }

export interface RawAnswer {
  status: number
  /** Its content type, at most 200 characters. */
  type: string
  body: Buffer
  /** More came than `body`. */
  cut: boolean
}

/** One that is kept. `at`: when, server time, ms since 1970. */
export interface KeptAnswer {
  id: string
  at: number
  status: number
  type: string
  /** As received, and whether the body kept is only its beginning. */
  bytes: number
  cut: boolean
}

export interface AnswerStore {
  /** Keeps one and lets go of all but the `newest` of this collector. Rejects where Redis is away. */
  keep(scraper: string, answer: RawAnswer, newest: number): Promise<void>
  /** Newest first, without their bodies, at most `limit`; `before`: those older than the one of this id. */
  list(scraper: string, limit: number, before?: string): Promise<KeptAnswer[]>
  body(scraper: string, id: string): Promise<Buffer | null>
  close(): void
}
