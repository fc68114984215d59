/**
 * Alerts for one screen, in order and without a hole: changes after its cursor are read from the log until there
 * are none, from then on they come live; a slow screen falls back to reading. A lost cursor starts anew.
 */
import type { Alert, AlertChange, Reader } from '../../engine/index.ts'
import { frameOf, type Screen } from './screen.ts'

const PAGE = 200

export class AlertFeed {
  #cursor: string | null
  #live = false
  #missed = false
  #reading = false
  readonly #screen: Screen
  readonly #reader: Reader
  readonly #newest: () => Promise<string>

  /** `cursor` null: begin with all open alerts. `newest` gives a cursor no newer than what `reader.alerts()` shows. */
  constructor(screen: Screen, reader: Reader, cursor: string | null, newest: () => Promise<string>) {
    this.#screen = screen
    this.#reader = reader
    this.#cursor = cursor
    this.#newest = newest
  }

  /** A change that just happened, already as a frame for all. */
  offer(change: AlertChange, frame: Buffer): void {
    if (!this.#live || this.#screen.slow) {
      this.#live = false
      this.#missed = true
    } else if (this.#cursor === null || isAfter(change.cursor, this.#cursor)) {
      this.#cursor = change.cursor
      this.#screen.send(frame)
    }
  }

  /** Reads on until the screen has everything or is slow again; never two at once. Throws nothing. */
  async catchUp(): Promise<void> {
    if (this.#live || this.#reading || this.#screen.slow) return
    this.#reading = true
    try {
      await this.#read()
    } catch {
      // Redis is away: the next tick tries again, and the health topic says it.
    } finally {
      this.#reading = false
    }
  }

  async #read(): Promise<void> {
    let anew = false
    while (!this.#screen.slow) {
      this.#missed = false
      const changes = this.#cursor === null ? null : await this.#reader.alertChanges(this.#cursor, PAGE)
      if (changes === null) {
        // Lost again at once: the log moves faster than we read; the next tick goes on.
        if (anew) return
        anew = true
        // The cursor first: what happens in between is then sent twice, not lost.
        const cursor = await this.#newest()
        const alerts: Alert[] = this.#reader.alerts().filter((alert) => alert.state !== 'resolved')
        this.#cursor = cursor
        this.#screen.send(frameOf({ type: 'alerts', snapshot: true, cursor, alerts }))
      } else if (changes.length > 0) {
        this.#cursor = changes.at(-1)!.cursor
        this.#screen.send(frameOf({ type: 'alerts', snapshot: false, cursor: this.#cursor, changes }))
      } else if (!this.#missed) {
        this.#live = true
        return
      }
    }
  }
}

/** Compares stream ids `ms-n`. */
export function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aN = 0] = a.split('-').map(Number)
  const [bMs = 0, bN = 0] = b.split('-').map(Number)
  return aMs === bMs ? aN > bN : aMs > bMs
}
