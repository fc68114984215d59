/** The producer: turns rows into numbered batch entries, one batch in flight per partition. */

export interface ProducerOptions {
  /** Human part of the producer id `name~startMs~nonce`. */
  name: string
  /** Exact id, for producers that must be recognised again (ingest of a file). Overrides `name`. */
  id?: string
  /** Send what has gathered after this many ms. */
  linger?: number
  /** Rows waiting in memory at most; `send` waits beyond that. */
  highWater?: number
  /**
   * A directory of this producer's own. With Redis away events go there, and are sent from there in their order,
   * also by the next producer that is opened on it. Then `send` no longer waits for Redis: what finds no room on
   * disk either is refused. Not with `id`.
   */
  spool?: string
  /** Most bytes on disk; 256 MB where nothing is said. */
  spoolBytes?: number
}

/** `refused`: there was no room, in memory or on disk; the event was not taken and goes nowhere. */
export type Sent = { ok: true } | { ok: false; reason: string; refused?: true }

/** What became of events with Redis away. */
export interface SpoolState {
  /** Events on disk that are not in Redis. */
  waiting: number
  /** Events refused because memory and disk were full, since the producer was opened; exact. */
  refused: number
  /** Bytes that were found torn or damaged when it was opened, and cut away. */
  cutBytes: number
  /** Events that were on disk and could not be read again while it was open. */
  damaged: number
}

export interface Producer {
  /** Null without a spool. */
  readonly spool: SpoolState | null
  /** The id that the next entry carries; one that was not given is renewed every 12 h. */
  readonly id: string
  /**
   * Validates and queues one event. Resolves when there is room, not when it is written: see `flush`.
   * An invalid event resolves `{ok: false, reason}` and travels to the dead letters, exactly once, in sequence.
   * With `refused` there was no room, and it travels nowhere.
   * `origin` (such as `line 17` ) is kept with a dead letter.
   */
  send(row: Record<string, unknown>, origin?: string): Promise<Sent>
  /** Sends something that could not even be parsed to the dead letters. `ok: false` only where it was refused. */
  reject(raw: string, reason: string, origin?: string): Promise<Sent>
  /** Resolves when everything sent so far is in Redis. Rejects with WEIR_REDIS_AWAY after `deadline` ms. */
  flush(deadline?: number): Promise<void>
  /**
   * Flushes, then gives up what is not in Redis after `deadline` ms; rejects as `flush` does where that is anything.
   * With a spool it goes to disk instead, and only what finds no room there is given up.
   */
  close(deadline?: number): Promise<void>
}
