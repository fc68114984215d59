/**
 * Read first: the life of one run. Asked for a turn at its host, visited, recorded, judged, reported to the
 * gate, published. Whatever happens on the way, it ends in exactly one event.
 */
import { randomUUID } from 'node:crypto'
import {
  type FieldEvent,
  type FieldState,
  type Missed,
  RIGHT,
  type RawAnswer,
  type RunEvent,
} from '../engine/index.ts'
import type { Collector } from './define/collect.ts'
import type { BrowserScraper } from './define/scraper.ts'
import { withinTime } from './define/within-time.ts'
import { CAPTURE_MS } from './evidence/capture.ts'
import { type Keeper, type Proof, fingerprintsOnly } from './evidence/keeper.ts'
import type { BrowserMemory } from './http/browser-memory.ts'
import { type Healer, type Healing, unhealed } from './heal/healer.ts'
import { pageHtml } from './heal/page-html.ts'
import { type SettleWorld, endUndone, settle } from './heal/settle.ts'
import { signalsOf, visitCheck } from './http/visit-check.ts'
import { visitHtml } from './http/visit-html.ts'
import { type Row, visitJson } from './http/visit-json.ts'
import type { Scraper } from './index.ts'
import { needsBrowser } from './outcome/browser-need.ts'
import { fieldRows } from './outcome/field-rows.ts'
import { type Verdict, judge } from './outcome/judge.ts'
import { type Signals, blankSignals, isAnswered } from './outcome/signals.ts'
import type { Lease } from './pool/browsers.ts'
import { type Pool, PoolFailure } from './pool/pool.ts'
import { visit } from './pool/visit.ts'
import { askLeave } from './politeness/ask-leave.ts'
import { directOnly } from './politeness/exit/exit.ts'
import type { Refusal } from './politeness/gate.ts'
import { learnFrom } from './politeness/learn.ts'
import type { Unheard } from './politeness/robots/obey.ts'
import type { Turn, TurnClock } from './politeness/turn.ts'
import { visitedBy } from './politeness/visit.ts'
import { visitOnWorker } from './politeness/worker-turn.ts'
import { publicValues, valuesOf } from './read/interpret.ts'
import type { Start, Unrun } from './schedule/schedule.ts'

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

/** How long a due run may wait for a free browser worker. */
const POOL_PATIENCE_MS = 60_000
/** The pool gives up on a job so long after the scraper's own time limit. */
const HARD_EXTRA_MS = 10_000
const MAX_DATA_BYTES = 4096
/** Longest time the author's `sane` may take. */
const SANE_MS = 1000

/** One run of `scraper`; beside any schedule it is due now. Never rejects. */
export async function run(
  scraper: Scraper,
  version: string,
  world: RunWorld,
  start: Start = { due: world.now(), lateMs: 0 },
): Promise<RunEvent> {
  const { signals, rows, turn, verdict, visits } = await settle(
    scraper,
    () => collect(scraper, version, world),
    world,
  )
  const proof = await (world.keeper ?? fingerprintsOnly).keep(scraper, version, signals, verdict)
  const at = world.now()
  if (turn !== null) {
    const visited = visitedBy(scraper, signals, verdict, turn.exit, proof.evidence)
    await learnFrom(world.gate, world.exits ?? directOnly, turn, visited)
  }
  const told = verdict.outcome === 'ok' || verdict.outcome === 'partial'
  const unsent =
    scraper.kind === 'json' && told && rows.length > 0
      ? await world.publishRows(scraper.into, rows, scraper.name).then(
          () => null,
          (error: unknown) => judge(faulty(scraper, 'code', error)),
        )
      : null
  const ended = runEvent({ scraper, version, signals, verdict: unsent ?? verdict, proof, turn, at, start })
  const event = visits > 1 ? { ...ended, visits } : ended
  await world.publish(event, fieldRows(scraper, signals, verdict, version, at))
  return event
}

/** The event of due times that passed without a run, or of a run that ended with the process that did it. */
export async function tell(
  scraper: Scraper,
  version: string,
  world: Pick<RunWorld, 'now' | 'publish'>,
  unrun: Unrun,
): Promise<void> {
  const died = 'died' in unrun
  const signals = died
    ? faulty(scraper, 'process', unrun.why ?? 'the process that did this run is gone')
    : skipped(scraper, unrun.reason, missedText(unrun))
  const at = world.now()
  const start = { due: died ? unrun.died : unrun.due, lateMs: 0 }
  const verdict = judge(signals)
  const event = runEvent({ scraper, version, signals, verdict, proof: {}, turn: null, at, start })
  await world.publish(died ? event : { ...event, missed: unrun.count }, [])
}

function missedText({ count, due, why }: Missed): string {
  if (count === 1) return why
  return `${why}: ${count} runs from ${new Date(due).toISOString()} on did not take place`
}

interface Collected {
  signals: Signals
  rows: Row[]
}

type Visited = Collected & { turn: Turn | null }

/** Without a browser where the scraper says so, and with one where that does not bring everything. */
async function collect(scraper: Scraper, version: string, world: RunWorld): Promise<Visited> {
  const { browserMemory: memory, hostsRemapped, pool, gate } = world
  const { name } = scraper
  if (scraper.kind !== 'browser' || scraper.with === 'browser') return collectSignals(scraper, world)
  const inBrowser: BrowserScraper = { ...scraper, with: 'browser' }
  if (hostsRemapped || memory?.has(name, version, world.now())) return collectSignals(inBrowser, world)
  const first = await collectSignals(scraper, world)
  const verdict = judge(first.signals)
  if (first.turn === null || pool === null || !needsBrowser(first.signals, verdict)) return first
  // The browser's visit is another one, and takes a turn of its own.
  const visited = visitedBy(scraper, first.signals, verdict, first.turn.exit)
  await learnFrom(gate, world.exits ?? directOnly, first.turn, visited)
  const second = await collectSignals(inBrowser, world)
  if (second.signals.skip !== null) {
    await endUndone(inBrowser, second, world)
    return { ...first, turn: null }
  }
  second.signals.via = 'fallback'
  if (RIGHT.includes(judge(second.signals).outcome)) memory?.add(name, version, world.now())
  return second
}

/** Never rejects. */
async function collectSignals(scraper: Scraper, world: RunWorld): Promise<Visited> {
  const nothing = { rows: [], turn: null }
  const { gate, now, sleep } = world
  const clock: TurnClock = { mono: () => performance.now(), sleep, random: Math.random }
  const begun = clock.mono()
  const visitIt = await prepared(scraper, world, clock)
  const lease = scraper.timeout + HARD_EXTRA_MS + CAPTURE_MS + POOL_PATIENCE_MS
  const elsewhere = world.hostsRemapped && scraper.kind === 'browser'
  let turn: Turn | Refusal | Unheard
  try {
    const visit = { token: randomUUID(), lease, elsewhere }
    turn = await askLeave({ gate, exits: world.exits ?? directOnly, clock, now }, scraper, visit)
  } catch (error) {
    // Who cannot ask does not know what others do there.
    const detail = `nobody can say whether ${scraper.site} may be visited: ${messageOf(error)}`
    return { ...nothing, signals: skipped(scraper, 'no_permit', detail) }
  }
  if ('go' in turn) return { ...nothing, signals: skipped(scraper, turn.reason, turn.detail) }
  if ('answer' in turn)
    return { ...nothing, signals: { ...signalsOf(scraper, turn.answer, now()), exit: turn.exit } }
  const waited = clock.mono() - begun
  const collected = await visitIt(turn).catch((error: unknown) => ({
    signals: faulty(scraper, 'code', error),
    rows: [],
  }))
  collected.signals.timings.waited = (collected.signals.timings.waited ?? 0) + waited
  collected.signals.exit = turn.exit
  return { ...collected, turn }
}

/** The visit, ready to go: what can be done before its turn is done, so that it begins when its turn is. */
async function prepared(
  scraper: Scraper,
  world: RunWorld,
  clock: TurnClock,
): Promise<(turn: Turn) => Promise<Collected>> {
  const through = ({ exit }: Turn) => (world.exits ?? directOnly).upstream(exit)
  if (scraper.kind === 'http')
    return async (turn) => ({
      signals: await visitCheck({ ...scraper, through: through(turn) }, world.now),
      rows: [],
    })
  if (scraper.kind === 'json') {
    const fits = (row: Row) => world.fits?.(scraper.into, row) ?? null
    return async (turn) => {
      const { signals, events, raw } = await visitJson(
        { ...scraper, through: through(turn) },
        world.now,
        fits,
      )
      if (raw !== null && scraper.keep > 0) await world.keepAnswer?.(scraper, raw)
      return { signals, rows: events }
    }
  }
  const healing = await (world.healer ?? unhealed).begin(scraper)
  return async (turn) => {
    const visited = { ...healing.scraper, through: through(turn) }
    const signals = await (scraper.with === 'browser'
      ? visitPage(visited, healing, world, turn, clock)
      : visitMarkup(visited, healing, world))
    return { signals, rows: [] }
  }
}

/** Read without a browser. Where there is one, a field that is lost here may only need its scripts: it is healed there. */
async function visitMarkup(scraper: BrowserScraper, healing: Healing, world: RunWorld): Promise<Signals> {
  let markup: string | null = null
  const signals = await visitHtml(scraper, world.now, (seen) => (markup = seen))
  await healing.mend(async () => (world.pool === null ? markup : null), signals)
  applySane(scraper, signals)
  await healing.learn(async () => markup, signals)
  return signals
}

async function visitPage(
  scraper: BrowserScraper,
  healing: Healing,
  world: RunWorld,
  turn: Turn,
  clock: TurnClock,
): Promise<Signals> {
  const { pool, hostsRemapped, gate } = world
  if (!pool) return faulty(scraper, 'config', new Error('this process runs no browser'))
  const reach = hostsRemapped ? 'private' : scraper.reach
  const queued = clock.mono()
  let waited = 0
  const deadline = scraper.timeout + HARD_EXTRA_MS + CAPTURE_MS
  const limits = { deadline, patience: POOL_PATIENCE_MS }
  const onWorker = <R>(job: (lease: Lease) => Promise<R>): Promise<R> => pool.run(job, limits)
  try {
    const visited = await visitOnWorker(gate, turn, clock, onWorker, async (lease) => {
      waited = clock.mono() - queued
      const html = () => pageHtml(lease.page)
      const signals = await visit(lease, scraper, reach)
      await healing.mend(html, signals)
      applySane(scraper, signals)
      await healing.learn(html, signals)
      await world.keeper?.look(lease.page, scraper, signals)
      return signals
    })
    if ('go' in visited) return skipped(scraper, visited.reason, visited.detail)
    const signals = visited.done
    signals.timings.waited = waited
    // What breaks because we are stopping is nobody's failure.
    return pool.closed && (signals.fault || signals.error !== null)
      ? skipped(scraper, 'busy', 'the scrapers are stopping')
      : signals
  } catch (error) {
    if (!(error instanceof PoolFailure)) return faulty(scraper, 'code', error)
    if (error.reason === 'busy' || error.reason === 'closed') return skipped(scraper, 'busy', error.message)
    return faulty(scraper, error.reason, error)
  }
}

/** The author's plausibility check; it sees only complete data, and its own failure is ours, not the site's. */
export function applySane(scraper: BrowserScraper, signals: Signals): void {
  if (scraper.sane === null || signals.fault || signals.skip) return
  const fields = Object.values(signals.fields)
  const complete = fields.every((field) => field.optional || isAnswered(field.state))
  if (fields.length === 0 || !complete) return
  try {
    const { sane } = scraper
    const verdict = withinTime(SANE_MS, () => sane(valuesOf(signals.fields)))
    if (verdict !== true) signals.insane = typeof verdict === 'string' ? verdict : 'sane() said no'
  } catch (error) {
    signals.fault = { reason: 'code', detail: `sane() threw: ${messageOf(error)}` }
  }
}

interface Ended {
  scraper: Scraper
  version: string
  signals: Signals
  verdict: Verdict
  proof: Proof
  turn: Turn | null
  at: number
  start: Start
}

function runEvent({ scraper, version, signals, verdict, proof, turn, at, start }: Ended): RunEvent {
  const named = (...states: FieldState[]) =>
    Object.entries(signals.fields).flatMap(([name, { state }]) => (states.includes(state) ? [name] : []))
  const values = scraper.kind === 'browser' ? publicValues(scraper.read, signals.fields) : {}
  const data = JSON.stringify(values)
  const healed = named('healed')
  const doubted = Object.entries(signals.fields).flatMap(([name, { doubt }]) =>
    doubt === undefined ? [] : [name],
  )
  return {
    id: `${scraper.name}@${start.due}`,
    ...start,
    at,
    scraper: scraper.name,
    kind: scraper.kind,
    fleet: scraper.fleet,
    host: scraper.host,
    url: (signals.finalUrl ?? signals.url).slice(0, 2000),
    ...(signals.skip || (turn === null && signals.main === null && signals.error === null)
      ? {}
      : { exit: signals.exit }),
    ...verdict,
    right: RIGHT.includes(verdict.outcome),
    ms: Math.round(signals.timings.total),
    ...networkNumbers(signals),
    version,
    present: named('ok'),
    missing: named('missing'),
    empty: named('empty'),
    invalid: named('invalid'),
    absent: named('absent'),
    ...(healed.length > 0 && { healed }),
    ...(doubted.length > 0 && { doubted }),
    ...proof,
    ...(Buffer.byteLength(data) <= MAX_DATA_BYTES && data !== '{}' ? { data } : {}),
  }
}

/** What the network showed, as far as it did. */
function networkNumbers({ main, timings, redirects, via, certDays }: Signals): Partial<RunEvent> {
  const numbers = {
    responseMs: timings.response,
    dnsMs: timings.dns,
    connectMs: timings.connect,
    tlsMs: timings.tls,
    firstByteMs: timings.firstByte,
    redirects: main ? redirects : undefined,
    via: via ?? undefined,
    certDays: certDays ?? undefined,
    status: main?.status,
  }
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
}

function skipped(scraper: Scraper, reason: NonNullable<Signals['skip']>['reason'], detail: string): Signals {
  return { ...blankSignals(scraper), skip: { reason, detail } }
}

function faulty(scraper: Scraper, reason: NonNullable<Signals['fault']>['reason'], error: unknown): Signals {
  return { ...blankSignals(scraper), fault: { reason, detail: messageOf(error) } }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : String(error).slice(0, 300)
}
