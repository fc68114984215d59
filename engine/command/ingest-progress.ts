/** What `weir ingest` says: on a terminal where it stands, about twice a second; at the end what became of it. */

const EVERY_MS = 500
/** Dead lines named at the end. */
const MAX_NAMED = 20

export interface DeadLine {
  line: number
  reason: string
}

export interface Progress {
  sent: number
  dead: number
  /** The first dead lines, with their reasons. */
  named: DeadLine[]
  /** Notes what became of a line. */
  count(line: number, reason: string | null): void
  /** Shows where things stand if it is time; `done` of `total` bytes (null: unknown). */
  show(done: number, total: number | null): void
  /** Shows where things stand for the last time, and ends the line. */
  end(done: number, total: number | null): void
}

/** `write` reaches the terminal, or null where there is none. `now` is any clock in ms. */
export function createProgress(write: ((text: string) => void) | null, now: () => number): Progress {
  const started = now()
  let shown = started
  const line = (done: number, total: number | null): string => {
    const seconds = Math.max(0.001, (now() - started) / 1000)
    const rate = Math.round((progress.sent + progress.dead) / seconds)
    const share = total === null || total === 0 ? '' : `, ${Math.floor((100 * done) / total)}%`
    const dead = progress.dead === 0 ? '' : `, ${group(progress.dead)} dead`
    return `\r\u001b[K${group(progress.sent)} events, ${group(rate)}/s${share}${dead}`
  }
  const progress: Progress = {
    sent: 0,
    dead: 0,
    named: [],
    count: (number, reason) => {
      if (reason === null) return void progress.sent++
      progress.dead++
      if (progress.named.length < MAX_NAMED) progress.named.push({ line: number, reason })
    },
    show: (done, total) => {
      if (write === null || now() - shown < EVERY_MS) return
      shown = now()
      write(line(done, total))
    },
    end: (done, total) => write?.(`${line(done, total)}\n`),
  }
  return progress
}

/** The last words: one line, then the first dead lines with their reasons. */
export function summary({ sent, dead, named }: Progress, stream: string): string {
  const more = dead > named.length ? ', …' : ''
  const lines =
    dead === 0 ? '' : ` (line${dead === 1 ? '' : 's'} ${named.map(({ line }) => line).join(', ')}${more})`
  const reasons = named.map(({ line, reason }) => `  line ${line}: ${reason}\n`).join('')
  return `sent ${group(sent)} events to ${stream}: ${group(dead)} dead${lines}\n${reasons}`
}

function group(n: number): string {
  return n.toLocaleString('en-US')
}
