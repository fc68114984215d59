/**
 * The rules of streams.config.ts on the example world, without server, browser or clock: the folds are fed the
 * past and the first two minutes as scrapers would report them. What fires is the answer sheet, at every seed.
 */
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { alertBy } from '../engine/alert/sentence.ts'
import { loadConfig } from '../engine/config/load.ts'
import type { CompiledConfig, CompiledStream } from '../engine/config/compiled.ts'
import type { LostRow } from '../engine/commit/folding.ts'
import type { Columns, Entry } from '../engine/event/entry.ts'
import { PartitionFold } from '../engine/fold.ts'
import { partitionOf } from '../engine/stream/partition-hash.ts'
import { groupLabels } from '../engine/window/group-key.ts'
import { accountAt } from '../examples/world/account.ts'
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
  expect(engine.lost).toEqual([])
})

/** All partitions of all streams, what fires in them, and what they could not count. */
class Engine {
  readonly firing = new Set<string>()
  readonly lost: LostRow[] = []
  private readonly streams = new Map<
    string,
    { stream: CompiledStream; parts: PartitionFold[]; sent: number[] }
  >()
  private entries = 0

  constructor(config: CompiledConfig) {
    for (const stream of config.streams) {
      const parts = Array.from(
        { length: stream.partitions },
        (_, i) => new PartitionFold(stream.name, i, '1-0', () => config),
      )
      this.streams.set(stream.name, { stream, parts, sent: parts.map(() => 0) })
    }
  }

  /** One batch entry per partition concerned, logged at `ms`. */
  send(name: string, rows: Row[], ms: number): void {
    const { stream, parts, sent } = this.streams.get(name)!
    for (const [i, part] of parts.entries()) {
      const own = rows.filter((row) => partitionOf(String(row[stream.key]), stream.partitions) === i)
      if (own.length === 0) continue
      const columns: Columns = {}
      for (const field of Object.keys(stream.schema.properties)) {
        columns[field] = own.map((row) => row[field] ?? null)
      }
      const [from, seq, n, schema] = [`world~${LIVE}~1`, sent[i]!, own.length, stream.schemaVersion]
      sent[i] = seq + n
      this.step(part, { ...this.id(ms), kind: 'batch', from, seq, n, schema, minute: 0, columns })
    }
  }

  tick(ms: number): void {
    for (const { parts } of this.streams.values()) {
      for (const part of parts) {
        const due = part.dueAt()
        if (due !== null && due <= ms) this.step(part, { ...this.id(ms), kind: 'tick' })
      }
    }
  }

  private step(part: PartitionFold, entry: Entry): void {
    part.step(entry)
    const { told, dead, late } = part.take()
    this.lost.push(...dead, ...late)
    for (const { change, rule, metric } of told) {
      const name = `${rule.id} ${Object.values(groupLabels(alertBy({ rule, metric }), change.group)).join()}`
      if (change.verdict === 'firing') this.firing.add(name)
      else if (change.verdict === 'ok') this.firing.delete(name)
    }
  }

  private id(ms: number): { id: string; ms: number } {
    return { id: `${ms}-${this.entries++}`, ms }
  }
}

/** What arrives in the second that begins at `now`. */
function eventsAt(deal: Deal, now: number): Record<string, Row[]> {
  const found: Record<string, Row[]> = { requests: [...requests(deal, now - 1000, now, LIVE)] as never }
  const second = Math.floor(now / 1000)
  found.runs = Object.keys(BANKS)
    .filter((_, i) => second % 10 === i)
    .map((bank) => run(bank, faultOf(deal, bank, now - LIVE), now))
  found.fields = found.runs.flatMap((one) => fieldsOf(deal, one))
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

/** What the run said of its fields. */
function fieldsOf(deal: Deal, { at, scraper, present, missing, absent }: Row): Row[] {
  const { balance, transactions } = accountAt(deal.draw, String(scraper), at, false)
  const common = {
    at,
    scraper,
    template: scraper,
    fleet: 'banks',
    optional: false,
    version: 'test',
    detail: '',
  }
  const states = { ok: present, missing, absent } as Record<string, string[]>
  return Object.entries(states).flatMap(([state, names]) =>
    names.map((field) => {
      if (state !== 'ok') return { ...common, field, state }
      const found =
        field === 'balance'
          ? { type: 'number', value: balance / 100 }
          : { type: 'list', length: transactions.length }
      return { ...common, field, state, ...found }
    }),
  )
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
