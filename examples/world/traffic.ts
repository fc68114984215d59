/** The traffic of the shop's API, second by second, as its access log would have it. */
import type { Deal } from './deal.ts'
import { between } from './random.ts'

export interface Request {
  at: number
  endpoint: string
  status: number
  ms: number
}

const ENDPOINTS = [
  { endpoint: 'GET /basket', share: 0.4, typical: 60 },
  { endpoint: 'GET /search', share: 0.35, typical: 90 },
  { endpoint: 'POST /order', share: 0.25, typical: 120 },
]
/** Requests a second by day, which the last hours before live are, and by night. */
const DAY = 4
const NIGHT = 0.5
const HOUR = 3_600_000

/** The requests with from <= at < to, in order of time; `day` is when the shop's day is at its height. */
export function* requests(deal: Deal, from: number, to: number, day: number): Generator<Request> {
  const { draw } = deal
  for (let second = Math.ceil(from / 1000) * 1000; second < to; second += 1000) {
    const n = Math.floor(perSecond(second, day) + draw('traffic', second))
    for (let i = 0; i < n; i++) {
      let at = draw('which', second, i)
      const which = ENDPOINTS.find(({ share }) => (at -= share) < 0) ?? ENDPOINTS[0]!
      // Most are near the typical time, few take up to three times as long.
      const slowness = between(draw('ms', second, i) ** 4, 0.7, 3)
      yield {
        at: second + Math.floor((1000 * i) / n),
        endpoint: which.endpoint,
        status: draw('status', second, i) < 0.004 ? 500 : 200,
        ms: Math.round(which.typical * slowness),
      }
    }
  }
}

/** The morning comes between three hours and one hour before `day`, so that the past runs into live without a step. */
function perSecond(at: number, day: number): number {
  const light = Math.min(1, Math.max(0, (3 - (day - at) / HOUR) / 2))
  return NIGHT + light * (DAY - NIGHT)
}
