/** Runs that have ended, until their events are in Redis. A stream that takes none holds up no run of another. */
import type { Ended } from '../../engine/index.ts'
import type { Rest } from './rest.ts'
import type { Scheduled } from './schedule.ts'
import { type Teller, streamsOf } from './teller.ts'

export interface Endings {
  add(scheduled: Scheduled, ended: Ended): void
  /** Those whose events are not there yet. */
  readonly waiting: Ended[]
}

/** `safe` is given those whose events are in Redis. */
export function createEndings(
  teller: Pick<Teller, 'flushed'>,
  rest: Pick<Rest, 'over'>,
  safe: (all: Ended[]) => void,
): Endings {
  /** By the streams of their events; those of a line wait together. */
  const lines = new Map<string, Ended[]>()
  const flushing = new Set<string>()

  async function flush(line: string, scheduled: Scheduled): Promise<void> {
    if (flushing.has(line)) return
    flushing.add(line)
    for (let batch = lines.get(line)!; batch.length > 0; batch = lines.get(line)!) {
      if (await teller.flushed(scheduled)) {
        lines.set(line, lines.get(line)!.slice(batch.length))
        safe(batch)
      }
      if (rest.over) break
    }
    flushing.delete(line)
  }

  return {
    add(scheduled, ended) {
      const line = streamsOf(scheduled.scraper).join(' ')
      lines.set(line, [...(lines.get(line) ?? []), ended])
      void flush(line, scheduled)
    },
    get waiting() {
      return [...lines.values()].flat()
    },
  }
}
