/** Past visits of all sources, as the monitoring system of before would export them: a rare failure, long over. */
import { accountAt } from './account.ts'
import { BANKS } from './bank/index.ts'
import { faultOf, type Deal } from './deal.ts'
import { between } from './random.ts'

/** Each source was visited once in this time, ms. */
export const PACE = 60_000

const EXPORTED_AS = 'history'
/** Share of visits that found a site down, except in the last hour: its memory must not mix with what is to come. */
const FAILED = 0.003
const CALM = 3_600_000

const BROWSED = { kind: 'browser', fleet: 'banks', path: '/accounts' }
const SOURCES = [
  ...Object.keys(BANKS).map((name) => ({ name, host: name, ...BROWSED })),
  { name: 'exchange', host: 'exchange', kind: 'json', fleet: 'markets', path: '/api/ticker' },
  { name: 'shop-api', host: 'api', kind: 'http', fleet: 'apis', path: '/health' },
]
type Source = (typeof SOURCES)[number]

/** What the visits of banks found in each field, in the order of the visits. */
export function* findings(
  deal: Deal,
  from: number,
  to: number,
  day: number,
  port: number,
): Generator<object> {
  for (const { at, scraper, fleet, version, present, absent } of visits(deal, from, to, day, port)) {
    const common = { at, scraper, template: scraper, fleet, optional: false, version, detail: '' }
    const { balance, transactions } = accountAt(deal.draw, scraper, at, absent.length > 0)
    for (const field of present)
      yield field === 'balance'
        ? { ...common, field, state: 'ok', type: 'number', value: balance / 100 }
        : { ...common, field, state: 'ok', type: 'list', length: transactions.length }
    for (const field of absent) yield { ...common, field, state: 'absent' }
  }
}

/** The visits with from <= at < to, in order of time; `day` is the present, `port` where the world listens. */
export function* visits(deal: Deal, from: number, to: number, day: number, port: number): Generator<Visit> {
  for (let minute = from - (from % PACE); minute < to; minute += PACE) {
    for (const [i, source] of SOURCES.entries()) {
      const at = minute + Math.floor((i * PACE) / SOURCES.length)
      if (at >= from && at < to) yield visit(deal, source, at, at < day - CALM, port)
    }
  }
}

interface Visit extends Record<string, unknown> {
  at: number
  scraper: string
  fleet: string
  version: string
  present: string[]
  absent: string[]
}

function visit(deal: Deal, source: Source, at: number, mayFail: boolean, port: number): Visit {
  const { name, kind, fleet, path } = source
  const host = `${source.host}.localhost:${port}`
  const browsed = kind === 'browser'
  const responseMs = pause(deal, source.host, at) + 8
  return {
    at,
    scraper: name,
    kind,
    fleet,
    host,
    url: `http://${host}${path}`,
    ...found(
      browsed,
      browsed && faultOf(deal, name, -1) === 'empty',
      mayFail && deal.draw('failed', name, at) < FAILED,
    ),
    ms: responseMs + (browsed ? Math.round(between(deal.draw('ms', name, at), 250, 600)) : 5),
    responseMs,
    version: EXPORTED_AS,
    missing: [],
    empty: [],
    invalid: [],
  }
}

function found(
  browsed: boolean,
  empty: boolean,
  failed: boolean,
): Record<string, unknown> & Pick<Visit, 'present' | 'absent'> {
  if (failed) {
    const detail = 'the site answered 502'
    return {
      outcome: 'site_down',
      reason: 'http5xx',
      detail,
      right: false,
      status: 502,
      present: [],
      absent: [],
    }
  }
  const read = { right: true, detail: '', status: 200 }
  if (empty) {
    return { ...read, outcome: 'absent', reason: 'marker', present: ['balance'], absent: ['transactions'] }
  }
  const present = browsed ? ['balance', 'transactions'] : []
  return { ...read, outcome: 'ok', reason: 'all_valid', present, absent: [] }
}

/** Natural response time of a host at a time, ms: the same in the past and live. */
export function pause(deal: Deal, host: string, at: number): number {
  return Math.round(between(deal.draw(host, 'pause'), 30, 90) + between(deal.draw(host, 'pause', at), 0, 40))
}
