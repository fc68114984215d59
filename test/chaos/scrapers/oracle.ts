/**
 * What the runs log must say, by arithmetic alone: each scraper's due times stand on its grid, each has exactly one
 * end up to a horizon. Shares no code with the schedule; follows the log as any client would.
 */
import type { Redis } from 'ioredis'

interface Told {
  due: number
  /** Due times that this event stands for. */
  count: number
  outcome: string
  reason: string
  lateMs: number
}

export interface Findings {
  /** Due times up to the horizon that have an end. */
  runs: number
  lost: string[]
  doubled: string[]
  /** Events with an id that had come before: the engine counts them as duplicates. */
  repeated: number
  outcomes: Record<string, number>
  /** Of runs that took place, ms, ascending. */
  late: number[]
}

export class RunsOracle {
  /** By scraper, by id: the first event counts. */
  private readonly told = new Map<string, Map<string, Told>>()
  private last = '0-0'
  private repeated = 0

  /** Takes in what was written since. */
  async follow(redis: Redis, log: string): Promise<void> {
    for (;;) {
      const entries = await redis.xrange(log, `(${this.last}`, '+', 'COUNT', 500)
      for (const [id, fields] of entries) {
        this.last = id
        const cols = fields.indexOf('cols')
        if (cols >= 0) this.take(JSON.parse(fields[cols + 1]!) as Record<string, unknown[]>)
      }
      if (entries.length < 500) return
    }
  }

  get events(): number {
    return [...this.told.values()].reduce((sum, ids) => sum + ids.size, 0)
  }

  /** Whether every scraper has told something that was due at `horizon` or later. */
  reached(names: readonly string[], horizon: number): boolean {
    return names.every((name) => {
      return [...(this.told.get(name)?.values() ?? [])].some(({ due }) => due >= horizon)
    })
  }

  /** `every`: the interval of a scraper, ms. */
  judge(every: ReadonlyMap<string, number>, horizon: number): Findings {
    const found: Findings = {
      runs: 0,
      lost: [],
      doubled: [],
      repeated: this.repeated,
      outcomes: {},
      late: [],
    }
    for (const [name, interval] of every) {
      const ends = new Map<number, number>()
      for (const { due, count, outcome, reason, lateMs } of this.told.get(name)?.values() ?? []) {
        for (let i = 0; i < count; i += 1)
          ends.set(due + i * interval, (ends.get(due + i * interval) ?? 0) + 1)
        const key = outcome === 'skipped' || outcome === 'crashed' ? `${outcome}.${reason}` : outcome
        found.outcomes[key] = (found.outcomes[key] ?? 0) + count
        if (reason !== 'missed' && reason !== 'process') found.late.push(lateMs)
      }
      const first = Math.min(...ends.keys())
      if (ends.size === 0) found.lost.push(`${name}: no run at all`)
      for (let due = first; due <= horizon; due += interval) {
        const times = ends.get(due) ?? 0
        found.runs += 1
        if (times === 0) found.lost.push(`${name}@${due}`)
        if (times > 1) found.doubled.push(`${name}@${due}, ${times} times`)
      }
      for (const due of ends.keys())
        if ((due - first) % interval !== 0) found.doubled.push(`${name}@${due} is no due time`)
    }
    found.late.sort((a, b) => a - b)
    return found
  }

  private take(cols: Record<string, unknown[]>): void {
    const ids = cols['id'] ?? []
    for (const [i, id] of ids.entries()) {
      const name = String(cols['scraper']?.[i])
      const known = this.told.get(name) ?? new Map<string, Told>()
      this.told.set(name, known)
      if (known.has(String(id))) {
        this.repeated += 1
        continue
      }
      known.set(String(id), {
        due: Number(cols['due']?.[i]),
        count: Number(cols['missed']?.[i] ?? 1),
        outcome: String(cols['outcome']?.[i]),
        reason: String(cols['reason']?.[i]),
        lateMs: Number(cols['lateMs']?.[i]),
      })
    }
  }
}
