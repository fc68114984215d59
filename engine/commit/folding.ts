/** The contract between a fold (pure) and the shell that feeds and commits it. */
import type { AccountingEvent } from '../accounting/event.ts'
import type { CompiledConfig, CompiledMetric, CompiledRule, Rung } from '../config/compiled.ts'
import type { Entry } from '../event/entry.ts'
import type { Partial } from '../exchange/partials.ts'
import type { VerdictChange } from '../rule/verdict.ts'
import type { SeriesColumn } from '../series/store.ts'
import type { Work } from '../work.ts'

/** Groups of one closed or amended pane: one array of values per column, in the order of `groups`. */
export interface ClosedBlock {
  metric: string
  rung: Rung
  at: number
  columns: SeriesColumn[]
  groups: string[]
  values: (number | null)[][]
}

/** Rows of the dead and of the late ledger kept between two takes; the counters are exact all the same. */
export const MAX_LOST = 500

/** A row that was not counted, with why and at most 4 KB of what it was. */
export interface LostRow {
  /** Log id of its entry and its place in it. */
  id: string
  row: number
  from: string
  origin: string
  reason: string
  raw: string
}

export interface Told {
  change: VerdictChange
  rule: CompiledRule
  metric: CompiledMetric
}

export interface Outputs {
  closed: ClosedBlock[]
  told: Told[]
  /** Events that belong to another partition of the same stream. */
  forwards: { partition: number; row: Record<string, unknown> }[]
  /** What a merged stream is to hear: the control state it belongs to, and the partition it is for. */
  partials: (Partial & { control: string })[]
  dead: LostRow[]
  late: LostRow[]
  /** Fields of `view` to set and to delete. */
  view: Map<string, string>
  viewGone: string[]
  /** Payloads for `live`, beyond the list of changed view fields. */
  live: string[]
  /** What watchers of the accounting are told. */
  accounted: AccountingEvent[]
  /** Fields of `accounts` to delete, and then to set. */
  accountsGone: string[]
  accounts: Map<string, string>
}

export function noOutputs(): Outputs {
  return {
    closed: [],
    told: [],
    forwards: [],
    partials: [],
    dead: [],
    late: [],
    view: new Map(),
    viewGone: [],
    live: [],
    accounted: [],
    accountsGone: [],
    accounts: new Map(),
  }
}

/** What a commit stores beside the position, and a recovery must arrive at again. Counts are since the beginning. */
export interface Small {
  /** Of the fold that wrote it (fold-version.ts); absent in version 1. */
  version: number
  /** Control log id that is in force. */
  control: string
  /** Event-time watermark, ms; null before the first event. */
  watermark: number | null
  /** Last turn, in units of 10 s; null before the first. */
  turned: number | null
  counted: number
  duplicate: number
  late: number
  dead: number
  missing: number
  forwarded: number
  /** Log time of the newest entry that carried events, ms. */
  newestAt: number | null
  /** How long the ids of events are remembered at least, ms; absent: as long as promised. */
  idSpan?: number
  /** Events counted under `__other__` because a metric had too many groups, once per metric; absent: none. */
  other?: number
  /** Rules that cannot be judged because they fail, `<rule>: <reason>`, at most 10; absent where none does. */
  failing?: string[]
  /** Hash over all outputs so far. */
  chain: string
}

export interface SnapshotBlocks {
  /** Blocks that changed since the last call. */
  changed: Map<string, Buffer>
  /** Names of all blocks that make up the state. */
  names: string[]
  /** Last sequence number of every producer that ships from another slot: what it may now forget. */
  acks: [string, number][]
}

export interface Fold {
  /** Whether views are written. In a recovery nobody wants them: those that were committed are there. */
  shows: boolean
  /** Reads one entry. Deterministic: no clock, no I/O, no randomness. */
  step(entry: Entry): void
  /**
   * As `step`, in pieces: the work that is left of it, or null. Until that is done the fold stands between two entries,
   * and nothing may be asked of it.
   */
  stepping(entry: Entry): Work | null
  /** Outputs since the last call. */
  take(): Outputs
  small(): Small
  /** Log time (ms) from which on a tick would change something; null when nothing waits for time. */
  dueAt(): number | null
  /** Whether the log must be told that its clock is (not) ahead of the server's. */
  minds(ahead: boolean): boolean
  /** The state as blocks, in pieces; until it is done no entry may be read. */
  snapshotting(): Work<SnapshotBlocks>
  /** All of `snapshotting` at once. */
  snapshot(): SnapshotBlocks
  restore(blocks: ReadonlyMap<string, Buffer>): void
}

/** Resolves a control log id; throws when the shell has not loaded it. */
export type ResolveControl = (id: string) => CompiledConfig
