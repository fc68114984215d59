/** What Weir says about itself: how much comes in, how new it is, and what people must know. */
import type { Health } from '../../../engine/index.ts'
import type { BoardState } from '../board.ts'
import { clean } from './name.ts'
import { joined, quantity } from './quantity.ts'

export function own(health: Health, blind: string | null): BoardState['own'] {
  const perSecond = health.eventsPerSecond
  const rounded = perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10
  const rate = perSecond < 10 ? { value: String(rounded), unit: '' } : quantity(rounded, 'count', '')
  const word = rounded === 1 ? 'event/s' : 'events/s'
  const notice = [trouble(health, blind), refused(health.config.problem)]
    .filter((it) => it !== null)
    .join(' ')
  return {
    mood: blind !== null || health.newestEventAt === null ? 'unknown' : notice === '' ? 'good' : 'warn',
    rate: joined({ value: rate.value, unit: rate.unit === '' ? word : `${rate.unit} ${word}` }),
    newestEventAt: health.newestEventAt,
    notice: notice === '' ? null : notice,
  }
}

function trouble(health: Health, blind: string | null): string | null {
  if (blind === null) return null
  if (!health.redis.ok) return 'Redis does not answer: everything here is the last known state.'
  if (health.engine === 'down') return 'No engine is running: events wait in Redis, nothing is counted.'
  if (health.engine === 'behind') {
    const waiting = joined(quantity(health.lagEntries, 'count', ''))
    return `The engine is behind: ${waiting} entries wait.`
  }
  return blind
}

function refused(problem: string | null): string | null {
  if (problem === null) return null
  return `Config change refused, the old one runs on: ${clean(problem, 160)}`
}
