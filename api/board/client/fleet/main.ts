/** The fleet in the browser: asks `GET /v1/fleet` every few seconds while somebody looks. */
import type { FleetAnswer } from '../../../http/fleet.ts'
import { serverClock } from '../clock.ts'
import { choice } from './choice.ts'
import { fleetPage, troubleOf } from './page.ts'

const EVERY = 5000
const PATIENCE = 20_000

const clock = serverClock(() => performance.now(), Date.now())
const view = fleetPage(document)
const chosen = choice(document, () => void ask())
let heardAt = performance.now()
let last: FleetAnswer | null = null
let problem: string | null = null
let next: ReturnType<typeof setTimeout> | undefined
let asked = 0

async function ask(): Promise<void> {
  clearTimeout(next)
  const mine = ++asked
  const query = chosen.query()
  try {
    const response = await fetch(`/v1/fleet?${query}`, { signal: AbortSignal.timeout(PATIENCE) })
    const body = (await response.json()) as FleetAnswer & { detail?: string }
    // Something else has been asked for meanwhile.
    if (mine !== asked) return
    if (response.ok) hear(body)
    else problem = body.detail ?? `It answers ${response.status}.`
  } catch {
    if (mine !== asked) return
    problem = 'It cannot be reached.'
  }
  tick()
  if (!document.hidden) next = setTimeout(() => void ask(), EVERY)
}

function hear(answer: FleetAnswer): void {
  heardAt = performance.now()
  problem = null
  last = answer
  clock.set(answer.now)
  chosen.draw(answer)
  view.draw(answer, clock.now())
}

function tick(): void {
  view.tick(clock.now(), troubleOf(last, performance.now() - heardAt, clock.now(), problem))
}

setInterval(tick, 1000)
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void ask()
})
addEventListener('online', () => void ask())
void ask()
