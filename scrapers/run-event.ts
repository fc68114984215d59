/** The event of a run, out of all that is known of it. Pure. */
import { type FieldState, RIGHT, type RunEvent } from '../engine/index.ts'
import type { Proof } from './evidence/keeper.ts'
import type { Scraper } from './index.ts'
import type { Turn } from './politeness/turn.ts'
import { publicValues } from './read/interpret.ts'
import type { Start } from './schedule/schedule.ts'
import type { Verdict } from './outcome/judge.ts'
import type { Signals } from './outcome/signals.ts'

const MAX_DATA_BYTES = 4096

export interface EndedRun {
  scraper: Scraper
  version: string
  signals: Signals
  verdict: Verdict
  proof: Proof
  turn: Turn | null
  at: number
  start: Start
}

export function runEvent({ scraper, version, signals, verdict, proof, turn, at, start }: EndedRun): RunEvent {
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
