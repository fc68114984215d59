/** The producer: turns rows into numbered batch entries, one batch in flight per partition. */

export interface ProducerOptions {
  /** Human part of the producer id `name~startMs~nonce`. */
  name: string
  /** Exact id, for producers that must be recognised again (ingest of a file). Overrides `name`. */
  id?: string
  /** Send what has gathered after this many ms. */
  linger?: number
  /** Rows waiting at most; `send` waits beyond that. */
  highWater?: number
}

export type Sent = { ok: true } | { ok: false; reason: string }

export interface Producer {
  /** The id that the next entry carries; one that was not given is renewed every 12 h. */
  readonly id: string
  /**
   * Validates and queues one event. Resolves when there is room, not when it is written: see `flush`.
   * An invalid event resolves `{ok: false, reason}` and travels to the dead letters, exactly once, in sequence.
   * `origin` (such as `line 17` ) is kept with a dead letter.
   */
  send(row: Record<string, unknown>, origin?: string): Promise<Sent>
  /** Sends something that could not even be parsed to the dead letters. */
  reject(raw: string, reason: string, origin?: string): Promise<void>
  /** Resolves when everything sent so far is in Redis. Rejects with WEIR_REDIS_AWAY after `deadline` ms. */
  flush(deadline?: number): Promise<void>
  /** Flushes, then gives up what is not in Redis after `deadline` ms; rejects as `flush` does where that is anything. */
  close(deadline?: number): Promise<void>
}
