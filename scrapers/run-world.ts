/** What a run needs of the process that it runs in. */
import type { FieldEvent, RawAnswer, RunEvent } from '../engine/index.ts'
import type { Collector } from './define/collect.ts'
import type { Keeper } from './evidence/keeper.ts'
import type { Healer } from './heal/healer.ts'
import type { SettleWorld } from './heal/settle.ts'
import type { BrowserMemory } from './http/browser-memory.ts'
import type { Row } from './http/visit-json.ts'
import type { Pool } from './pool/pool.ts'

/** Everything a run needs of the world around it. */
export interface RunWorld extends SettleWorld {
  /** Browser workers; null in a process that runs no browser scrapers. */
  pool: Pool | null
  /** Takes the one event of the run, and one of each of its fields. */
  publish: (event: RunEvent, fields: FieldEvent[]) => Promise<void>
  /** Why a row is no event of a stream, or null; without it that shows when the row is sent. */
  fits?: (stream: string, row: Row) => string | null
  /** Keeps what an API answered, as received. Never rejects. */
  keepAnswer?: (collector: Collector, answer: RawAnswer) => Promise<void>
  /** Takes the events a collector made, before its run event. */
  publishRows: (stream: string, rows: Row[], origin: string) => Promise<void>
  /** Pages that are worth nothing without a browser; without it each run finds that out anew. */
  browserMemory?: BrowserMemory
  /** Keeps evidence of failures; without it they have a fingerprint only. */
  keeper?: Keeper
  /** Finds lost fields again; without it they stay missing. */
  healer?: Healer
  /** Names are resolved elsewhere (host rules): addresses say nothing about the sites then. */
  hostsRemapped: boolean
}
