/** Runs out of the log in Redis: read backwards in pieces, a bounded number of them for one page. */
import type { Redis } from 'ioredis'
import type { CompiledStream } from '../config/compiled.ts'
import { WeirError } from '../error.ts'
import type { RunEvent } from '../event/run.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { loggedRows, loggedRun } from './logged-run.ts'
import {
  matchesRun,
  runCursor,
  type RunLog,
  type RunPage,
  type RunPlace,
  runPlace,
  type RunQuery,
  tracesOf,
} from './run-query.ts'

/** Entries read at a time, and bytes of them looked at for one page: some 100 ms of work. */
const AT_ONCE = 50
const MAX_BYTES = 16 * 1024 * 1024
/** No event is believed that is further ahead of its log than this, ms. */
const AHEAD = 60_000

/** Connects when first used. */
export function openRuns(redisUrl: string, namespace: string): RunLog {
  const redis = connect(redisUrl, 'query', 'weir-runs')
  return {
    list: (stream, query) => list(redis, partitionKeys(namespace, stream.name, 0).log, stream, query),
    close: () => redis.disconnect(),
  }
}

async function list(redis: Redis, log: string, stream: CompiledStream, query: RunQuery): Promise<RunPage> {
  const place = query.before === undefined ? null : runPlace(query.before)
  if (query.before !== undefined && place === null)
    throw new WeirError(`${JSON.stringify(query.before.slice(0, 40))} is no cursor.`, {
      code: 'WEIR_QUERY',
      domain: 'user',
      retry: false,
      where: 'before',
      todo: 'Give the cursor of the page before, or leave it out.',
    })
  const page = new Page(stream, query, place)
  // What is told late, as after an outage, stands further on in the log than it happened: that has no upper bound.
  let next = place?.entry ?? '+'
  const oldest = String(Math.max(0, query.from - AHEAD))
  for (;;) {
    const entries = await redis.xrevrange(log, next, oldest, 'COUNT', AT_ONCE)
    for (const [id, fields] of entries) {
      page.take(id, fields)
      if (page.full || page.bytes > MAX_BYTES) return page.end(true)
    }
    if (entries.length < AT_ONCE) return page.end(false)
    next = `(${entries.at(-1)![0]}`
  }
}

class Page {
  readonly runs: RunEvent[] = []
  bytes = 0
  private readonly stream: CompiledStream
  private readonly query: RunQuery
  private readonly after: RunPlace | null
  private readonly traces: string[]
  private readonly ids = new Set<string>()
  /** The row looked at last. */
  private last: RunPlace | null = null

  constructor(stream: CompiledStream, query: RunQuery, after: RunPlace | null) {
    this.stream = stream
    this.query = query
    this.after = after
    this.traces = tracesOf(query)
  }

  get full(): boolean {
    return this.runs.length >= this.query.limit
  }

  take(id: string, fields: string[]): void {
    for (const text of fields) this.bytes += text.length
    this.last = { entry: id, row: 0 }
    if (!this.traces.every((trace) => fields.some((text) => text.includes(trace)))) return
    const rows = loggedRows(this.stream, id, fields)
    const from = this.after?.entry === id ? this.after.row - 1 : rows.length - 1
    for (let row = Math.min(from, rows.length - 1); row >= 0; row--) {
      this.last = { entry: id, row }
      this.add(rows[row]!)
      if (this.full) return
    }
  }

  end(more: boolean): RunPage {
    return { runs: this.runs, cursor: more && this.last !== null ? runCursor(this.last) : null }
  }

  /** A run that is told twice is one. */
  private add(row: Record<string, unknown>): void {
    const run = loggedRun(this.stream, row)
    if (run === null || !matchesRun(run, this.query)) return
    if (run.id !== undefined && this.ids.has(run.id)) return
    if (run.id !== undefined) this.ids.add(run.id)
    this.runs.push(run)
  }
}
