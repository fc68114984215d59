/**
 * One connected screen. Frames go out while the wire drains; when it does not, only the names of the topics that
 * moved are kept, and the newest state of each is sent when there is room. So memory is bounded, a slow screen
 * skips but is never cut off, and every screen ends at the newest values.
 */
import type { ServerMessage } from './protocol.ts'

/** The socket as the screen needs it. */
export interface Wire {
  send(frame: Buffer): void
  /** Bytes accepted by `send` and not gone yet. */
  buffered(): number
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
}

/** Something to watch, shared by all screens that watch the same. */
export interface Topic {
  readonly key: string
  /** The newest state as a frame; null when there is none (yet). */
  snapshot(): Buffer | null
}

/** More than this waiting on the wire means slow. */
export const SLOW_BYTES = 64 * 1024

export class Screen {
  readonly topics = new Map<string, Topic>()
  /** When we last heard anything, ms. */
  heardAt: number
  readonly #wire: Wire
  readonly #stale = new Set<string>()

  constructor(wire: Wire, now: number) {
    this.#wire = wire
    this.heardAt = now
  }

  get slow(): boolean {
    return this.#wire.buffered() > SLOW_BYTES
  }

  watch(topic: Topic): void {
    this.topics.set(topic.key, topic)
    this.#stale.add(topic.key)
    this.catchUp()
  }

  unwatch(key: string): void {
    this.topics.delete(key)
    this.#stale.delete(key)
  }

  /** A change of a topic. Skipped where a newer snapshot has to be sent anyway. */
  offer(key: string, frame: Buffer): void {
    if (this.#stale.has(key)) return
    if (this.slow) this.#stale.add(key)
    else this.#wire.send(frame)
  }

  /** Sends the newest state of what was skipped, as far as the wire takes it. */
  catchUp(): void {
    for (const key of this.#stale) {
      if (this.slow) return
      this.#stale.delete(key)
      const frame = this.topics.get(key)?.snapshot()
      if (frame) this.#wire.send(frame)
    }
  }

  /** An answer to this screen alone. One that asks and never reads gets none: its answers must not pile up. */
  say(message: ServerMessage): void {
    if (!this.slow) this.#wire.send(frameOf(message))
  }

  send(frame: Buffer): void {
    this.#wire.send(frame)
  }

  ping(): void {
    this.#wire.ping()
  }

  close(code: number, reason: string): void {
    this.#wire.close(code, reason)
  }

  terminate(): void {
    this.#wire.terminate()
  }
}

export function frameOf(message: ServerMessage): Buffer {
  return Buffer.from(JSON.stringify(message))
}
