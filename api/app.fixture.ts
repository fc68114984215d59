/** An app around in-memory parts, for tests: nothing listens, nothing is written. */
import { Hono } from 'hono'
import type {
  BlockLedger,
  Holds,
  Deploys,
  CompiledStream,
  AnswerStore,
  EvidenceStore,
  FleetSchedule,
  Ledger,
  Producer,
  RunLog,
  ProposalBook,
  Sent,
} from '../engine/index.ts'
import type { FleetSource } from './fleet/fleet-source.ts'
import { createApp, type AppDeps } from './app.ts'
import { EVENT_LIMITS } from './http/event.ts'
import { KeyedPosts } from './http/keyed-post.ts'
import { createOrigins, type Origins } from './http/origin.ts'
import { createMetrics } from './http/metrics.ts'
import { MemoryReader } from './memory-reader.fixture.ts'

export const NOW = 1_000_500

/** Takes rows whose `volume` is a number; remembers everything. */
export class MemoryProducer implements Producer {
  readonly id = 'memory'
  readonly spool = null
  rows: { row: Record<string, unknown>; origin: string | undefined }[] = []
  dead: { raw: string; reason: string; origin: string | undefined }[] = []
  flushed = 0
  failure: Error | null = null

  async send(row: Record<string, unknown>, origin?: string): Promise<Sent> {
    if (typeof row.volume !== 'number') return { ok: false, reason: 'volume must be number' }
    this.rows.push({ row, origin })
    return { ok: true }
  }
  async reject(raw: string, reason: string, origin?: string): Promise<Sent> {
    this.dead.push({ raw, reason, origin })
    return { ok: true }
  }
  async flush(): Promise<void> {
    if (this.failure !== null) throw this.failure
    this.flushed = this.rows.length + this.dead.length
  }
  async close(): Promise<void> {}
}

/** A ledger without letters. */
export const emptyLedger: Ledger = {
  list: async () => ({ letters: [], cursor: null, kept: 0, total: 0, replayed: 0, dropped: 0 }),
  show: async () => null,
  replay: async () => ({ ok: false, reason: 'gone', says: 'gone.', todo: 'List them again.' }),
  drop: async () => false,
  close: async () => undefined,
}

/** A store without evidence. */
export const noEvidence: EvidenceStore = {
  keep: async () => ({ kept: false, id: null, fullUntil: null }),
  list: async () => [],
  find: async () => null,
  screenshot: async () => null,
  html: async () => null,
  close: async () => undefined,
}

/** A store without answers. */
export const noAnswers: AnswerStore = {
  keep: async () => undefined,
  list: async () => [],
  body: async () => null,
  close: () => undefined,
}

/** A schedule without scrapers. */
export const emptySchedule: FleetSchedule = {
  scrapers: async () => [],
  workers: async () => [],
  pressure: async () => ({ browser: { overdue: 0, oldestMs: 0 }, http: { overdue: 0, oldestMs: 0 } }),
  pause: async () => null,
  resume: async () => null,
  run: async () => null,
  close: () => undefined,
}
/** A book without proposals. */
export const noProposals: ProposalBook = {
  list: async () => [],
  find: async () => null,
  decide: async () => null,
  close: async () => undefined,
}

/** A ledger without blocks. */
export const noBlocks: BlockLedger = {
  list: async () => ({ blocks: [], cursor: null, complete: true }),
  close: async () => undefined,
}

/** No site is left alone. */
export const noHolds: Holds = {
  list: async () => [],
  lift: async () => null,
  close: () => undefined,
}

/** Nothing is known of any alert. */
export const noOrigins: Origins = { of: async () => new Map() }

/** Without marks and versions. */
export const noDeploys: Deploys = {
  mark: async () => undefined,
  marks: async () => [],
  histories: async () => new Map(),
  close: () => undefined,
}

/** A log without runs. */
export const noRuns: RunLog = { list: async () => ({ runs: [], cursor: null }), close: () => undefined }

/** Without scrapers. */
export const emptyFleet: FleetSource = { read: async () => ({ at: NOW, rows: [], complete: true }) }

export function testApp(change: Partial<AppDeps> = {}) {
  const reader = new MemoryReader()
  const producer = new MemoryProducer()
  const opened: CompiledStream[] = []
  const keyedAs: string[] = []
  const errors: object[] = []
  const deps: AppDeps = {
    reader,
    producers: {
      of: async (stream) => {
        opened.push(stream)
        return producer
      },
    },
    keyed: new KeyedPosts(async (_, id) => {
      keyedAs.push(id)
      return producer
    }),
    ledger: emptyLedger,
    schedule: emptySchedule,
    evidence: noEvidence,
    answers: noAnswers,
    blocks: noBlocks,
    holds: noHolds,
    deploys: noDeploys,
    runs: noRuns,
    fleet: emptyFleet,
    origins: createOrigins(change.deploys ?? noDeploys, () => NOW),
    proposals: noProposals,
    limits: EVENT_LIMITS,
    clock: () => NOW,
    settings: { key: null, loopback: true },
    metrics: createMetrics(reader, () => NOW),
    held: () => false,
    live: (_, next) => next(),
    page: new Hono().get('/', (c) => c.html('<!doctype html>')),
    log: { error: (detail) => void errors.push(detail) },
    ...change,
  }
  return { app: createApp(deps), reader, producer, opened, keyedAs, errors }
}
