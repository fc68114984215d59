/** Past visits of all sources, as the monitoring system of before would export them: all of them fine. */
import { BANKS } from './bank/index.ts'
import { faultOf, type Deal } from './deal.ts'
import { between } from './random.ts'

/** Each source was visited once in this time, ms. */
export const PACE = 60_000

const EXPORTED_AS = 'history'

/** The visits with from <= at < to, in order of time. `port` is where the world listens. */
export function* visits(deal: Deal, from: number, to: number, port: number): Generator<object> {
  const sources = [
    ...Object.keys(BANKS).map((name) => ({ name, kind: 'browser', fleet: 'banks', path: '/accounts' })),
    { name: 'exchange', kind: 'json', fleet: 'markets', path: '/api/ticker' },
    { name: 'shop-api', kind: 'http', fleet: 'apis', path: '/health' },
  ]
  const staggered = sources.map((source, i) => ({
    ...source,
    offset: Math.floor((i * PACE) / sources.length),
  }))
  for (let minute = from - (from % PACE); minute < to; minute += PACE) {
    for (const { name, kind, fleet, path, offset } of staggered) {
      const at = minute + offset
      if (at < from || at >= to) continue
      const host = `${hostOf(name)}.localhost:${port}`
      const isBank = fleet === 'banks'
      const empty = isBank && faultOf(deal, name, -1) === 'empty'
      const responseMs = pause(deal, name, at) + 8
      yield {
        at,
        scraper: name,
        kind,
        fleet,
        host,
        url: `http://${host}${path}`,
        outcome: empty ? 'absent' : 'ok',
        reason: empty ? 'marker' : 'read',
        detail: '',
        right: true,
        ms: responseMs + (isBank ? Math.round(between(deal.draw('ms', name, at), 250, 600)) : 5),
        responseMs,
        status: 200,
        version: EXPORTED_AS,
        present: isBank ? (empty ? ['balance'] : ['balance', 'transactions']) : [],
        missing: [],
        empty: [],
        invalid: [],
        absent: empty ? ['transactions'] : [],
      }
    }
  }
}

/** Natural response time of a host at a time, ms: the same in the past and live. */
export function pause(deal: Deal, name: string, at: number): number {
  return Math.round(between(deal.draw(name, 'pause'), 30, 90) + between(deal.draw(name, 'pause', at), 0, 40))
}

function hostOf(source: string): string {
  return source === 'shop-api' ? 'api' : source
}
