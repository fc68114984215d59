/**
 * The newest runs of every scraper, kept in memory beside the log in Redis: what came since the last look is read
 * forwards, and the past backwards, a bounded piece per look, so that nobody waits for a long log.
 */
import type { Redis } from 'ioredis'
import type { CompiledStream } from '../config/compiled.ts'
import { connect } from '../stream/connection.ts'
import { compareIds } from '../stream/entry-id.ts'
import { partitionKeys } from '../stream/keys.ts'
import { loggedRows, loggedRun } from './logged-run.ts'
import { RecentRuns } from './recent-runs.ts'

/** Entries read at a time, and bytes of them for one look in either direction. */
const AT_ONCE = 20
const MAX_BYTES = 16 * 1024 * 1024

export interface RecentLog {
  /** `stream`: `runs` as it is declared now; it has one partition. Looks under way are shared. */
  look(stream: CompiledStream): Promise<Recently>
  close(): void
}

export interface Recently {
  runs: RecentRuns
  /** Whether the log was read to its beginning; else further looks go on. */
  complete: boolean
}

/** Connects when first used, and reads nothing before. */
export function openRecentRuns(redisUrl: string, namespace: string): RecentLog {
  const redis = connect(redisUrl, 'query', 'weir-recent')
  const follower = new Follower(redis, namespace)
  let looking: Promise<Recently> | null = null
  return {
    look(stream) {
      looking ??= follower.look(stream).finally(() => (looking = null))
      return looking
    },
    close: () => redis.disconnect(),
  }
}

class Follower {
  private readonly redis: Redis
  private readonly namespace: string
  private readonly runs = new RecentRuns()
  /** Ids of the entries read: all between these two. */
  private newest: string | null = null
  private oldest: string | null = null
  private complete = false

  constructor(redis: Redis, namespace: string) {
    this.redis = redis
    this.namespace = namespace
  }

  async look(stream: CompiledStream): Promise<Recently> {
    const log = partitionKeys(this.namespace, stream.name, 0).log
    if (this.newest !== null && !(await this.forwards(log, stream))) this.forget()
    if (!this.complete || this.newest === null) await this.backwards(log, stream)
    return { runs: this.runs, complete: this.complete }
  }

  /** False: too much has come since the last look, or the log is another one. */
  private async forwards(log: string, stream: CompiledStream): Promise<boolean> {
    const [end] = await this.redis.xrevrange(log, '+', '-', 'COUNT', 1)
    if (end === undefined || compareIds(end[0], this.newest!) < 0) return false
    for (let bytes = 0; bytes < MAX_BYTES;) {
      const entries = await this.redis.xrange(log, `(${this.newest!}`, '+', 'COUNT', AT_ONCE)
      for (const [id, fields] of entries) {
        bytes += this.take(stream, id, fields)
        this.newest = id
      }
      if (entries.length < AT_ONCE) return true
    }
    return false
  }

  private async backwards(log: string, stream: CompiledStream): Promise<void> {
    for (let bytes = 0; bytes < MAX_BYTES;) {
      const from = this.oldest === null ? '+' : `(${this.oldest}`
      const entries = await this.redis.xrevrange(log, from, '-', 'COUNT', AT_ONCE)
      for (const [id, fields] of entries) {
        bytes += this.take(stream, id, fields)
        this.newest ??= id
        this.oldest = id
      }
      this.complete = entries.length < AT_ONCE
      if (this.complete) return
    }
  }

  /** Returns how much was looked at. */
  private take(stream: CompiledStream, id: string, fields: readonly string[]): number {
    for (const row of loggedRows(stream, id, fields)) {
      const run = loggedRun(stream, row)
      if (run !== null) this.runs.add(run)
    }
    return fields.reduce((sum, text) => sum + text.length, 0)
  }

  private forget(): void {
    this.runs.clear()
    this.newest = this.oldest = null
    this.complete = false
  }
}
