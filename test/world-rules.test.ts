/**
 * The rules of streams.config.ts on the example world, without server, browser or clock: the folds are fed the
 * past and the first two minutes as scrapers would report them. What fires is the answer sheet, at every seed.
 */
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../engine/config/load.ts'
import type { CompiledConfig, CompiledStream } from '../engine/config/compiled.ts'
import type { Columns, Entry } from '../engine/event/entry.ts'
import { PartitionFold } from '../engine/fold.ts'
import { partitionOf } from '../engine/stream/partition-hash.ts'
import { groupLabels } from '../engine/window/group-key.ts'
import { answers } from '../examples/world/answers.ts'
import { BANKS } from '../examples/world/bank/index.ts'
import { type Deal, dealt, type Fault, faultOf } from '../examples/world/deal.ts'
import { INTERVAL, markets } from '../examples/world/exchange.ts'
import { history } from '../examples/world/history.ts'
import { requests } from '../examples/world/traffic.ts'

const LIVE = 1_790_000_003_000
const HOUR = 3_600_000
/** The past takes this long to send, ms. */
const SENDING = 8000
const WATCHED = 125_000
const BATCH = 300

type Row = Record<string, unknown> & { at: number }

let config: CompiledConfig
beforeAll(async () => {
  config = await loadConfig(fileURLToPath(new URL('../streams.config.ts', import.meta.url)), {})
})

test.for([1, 2, 3, 4, 5, 6, 7, 8])('what fires in the world of seed %i is its answer sheet', (seed) => {
  const deal = dealt(seed)
  const engine = new Engine(config)
  const rows: Record<string, Row[]> = {}
  for (const { stream, json } of history(deal, LIVE - 2 * HOUR, LIVE, LIVE, 7070)) {
    ;(rows[stream] ??= []).push(JSON.parse(json) as Row)
  }
  for (const [stream, past] of Object.entries(rows)) {
    for (let i = 0; i < past.length; i += BATCH) {
      engine.send(stream, past.slice(i, i + BATCH), LIVE - SENDING + Math.floor((SENDING * i) / past.length))
    }
  }
  expect([...engine.firing]).toEqual([])

  const sheet = answers(seed).map(({ rule, group }) => `${rule} ${Object.values(group).join()}`)
  for (let now = LIVE; now < LIVE + WATCHED; now += 1000) {
    for (const [stream, events] of Object.entries(eventsAt(deal, now))) engine.send(stream, events, now)
    engine.tick(now)
    expect([...engine.firing].filter((one) => !sheet.includes(one))).toEqual([])
  }
  expect([...engine.firing].toSorted()).toEqual(sheet.toSorted())
})

/** All partitions of all streams, and what fires in them. */
class Engine {
  readonly firing = new Set<string>()
  private readonly folds = new Map<string, { stream: CompiledStream; parts: PartitionFold[] }>()
  private entries = 0

  constructor(config: CompiledConfig) {
    for (const stream of config.streams) {
      const parts = Array.from(
        { length: stream.partitions },
        (_, i) => new PartitionFold(stream.name, i, '1-0', () => config),
      )
      this.folds.set(stream.name, { stream, parts })
    }
  }

  send(name: string, rows: Row[], ms: number): void {
    const { stream, parts } = this.folds.get(name)!
    for (const [i, part] of parts.entries()) {
      const own = rows.filter((row) => partitionOf(String(row[stream.key]), stream.partitions) === i)
      if (own.length > 0) this.step(part, { ...this.id(ms), ...batch(stream, own) })
    }
  }

  tick(ms: number): void {
    for (const { parts } of this.folds.values()) {
      for (const part of parts) {
        const due = part.dueAt()
        if (due !== null && due <= ms) this.step(part, { ...this.id(ms), kind: 'tick' })
      }
    }
  }

  private step(part: PartitionFold, entry: Entry): void {
    part.step(entry)
    const { told, dead, late } = part.take()
    expect([...dead, ...late]).toEqual([])
    for (const { change, rule, metric } of told) {
      const name = `${rule.id} ${Object.values(groupLabels(metric.by, change.group)).join()}`
      if (change.verdict === 'firing') this.firing.add(name)
      else if (change.verdict === 'ok') this.firing.delete(name)
    }
  }

  private id(ms: number): { id: string; ms: number } {
    return { id: `${ms}-${this.entries++}`, ms }
  }
}

function batch(stream: CompiledStream, rows: Row[]): Omit<Entry & { kind: 'flat' }, 'id' | 'ms'> {
  const [only] = rows
  if (rows.length === 1) return { kind: 'flat', fields: fieldsOf(only!) }
  const columns: Columns = {}
  for (const field of Object.keys(stream.schema.properties))
    columns[field] = rows.map((row) => row[field] ?? null)
  // Under a producer of its own, each batch is the first.
  const from = `world~${rows[0]!.at}~${Object.values(rows[0]!).join()}`.slice(0, 200)
  return {
    kind: 'batch',
    from,
    seq: 0,
    n: rows.length,
    schema: stream.schemaVersion,
    minute: 0,
    columns,
  } as never
}

function fieldsOf(row: Row): string[] {
  return Object.entries(row).flatMap(([field, value]) => [
    field,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ])
}

/** What arrives in the second that begins at `now`. */
function eventsAt(deal: Deal, now: number): Record<string, Row[]> {
  const found: Record<string, Row[]> = { requests: [...requests(deal, now - 1000, now, LIVE)] as never }
  const second = Math.floor(now / 1000)
  found.runs = Object.keys(BANKS)
    .filter((_, i) => second % 10 === i)
    .map((bank) => run(bank, faultOf(deal, bank, now - LIVE), now))
  if (second % 10 === 9) {
    const end = now - (now % INTERVAL)
    found.trades = markets(deal, end, LIVE).map(({ market, last, volume }) => ({
      at: end,
      pair: market,
      price: last,
      volume,
    }))
  }
  return found
}

function run(bank: string, fault: Fault | null, now: number): Row {
  const outcome = outcomeOf(fault, now)
  const host = `${bank}.localhost:7070`
  return {
    at: now - 20,
    scraper: bank,
    kind: 'browser',
    fleet: 'banks',
    host,
    url: `http://${host}/accounts`,
    outcome,
    reason: outcome,
    detail: '',
    right: outcome === 'ok' || outcome === 'absent',
    ms: 500,
    ...(fault !== 'down' && outcome !== 'skipped' && { responseMs: fault === 'slow' ? 3500 : 70 }),
    version: 'test',
    present: outcome === 'ok' ? ['balance', 'transactions'] : [],
    missing: outcome === 'layout_changed' ? ['balance'] : [],
    empty: [],
    invalid: [],
    absent: outcome === 'absent' ? ['transactions'] : [],
  }
}

function outcomeOf(fault: Fault | null, now: number): string {
  switch (fault) {
    case 'renames':
      return 'layout_changed'
    case 'down':
      return 'site_down'
    case 'throttled':
      // Told to wait 20 s, a scraper does: every third visit gets an answer.
      return Math.floor(now / 10_000) % 3 === 0 ? 'rate_limited' : 'skipped'
    case 'challenge':
      return 'blocked'
    case 'empty':
      return 'absent'
    case 'slow':
    case null:
      return 'ok'
  }
}
