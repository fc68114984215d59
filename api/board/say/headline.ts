/** The one sentence people read from across the room, and the mood that colours the wall. */
import type { Alert, CompiledConfig, Health } from '../../../engine/index.ts'
import type { BoardState, Mood, Part } from '../board.ts'
import { foremost, sentence } from './alerts.ts'
import type { Subjects } from './subject.ts'

/** Good only if we can see, know every subject, and nothing fires. */
export function mood(
  config: CompiledConfig | null,
  blind: string | null,
  about: Subjects | null,
  firing: Alert[],
  health: Health,
): Mood {
  if (config === null || blind !== null) return 'unknown'
  if (firing.some((alert) => alert.severity === 'critical')) return 'bad'
  if (firing.length > 0) return 'warn'
  if (about === null) return health.newestEventAt === null ? 'unknown' : 'good'
  return about.all.length === 0 || about.all.some((each) => each.state === 'unknown') ? 'unknown' : 'good'
}

/** What is so, and the one thing to know about it. */
export function headline(
  config: CompiledConfig | null,
  blind: string | null,
  about: Subjects | null,
  firing: Alert[],
  health: Health,
): BoardState['headline'] {
  const worst = foremost(firing)
  if (blind !== null) return { first: [{ text: blind }], second: lastKnown(about, health) }
  if (config === null)
    return {
      first: [{ text: 'No configuration yet.' }],
      second: [{ text: 'Weir waits for streams.config.ts.' }],
    }
  const second = worst ? sentence(worst, config) : []
  if (about !== null) {
    const silent = second.length > 0 ? [] : unheard(about)
    return { first: [{ text: count(about, silent.length > 0) }], second: [...second, ...silent] }
  }
  if (worst !== undefined)
    return { first: [{ text: `${firing.length} ${firing.length === 1 ? 'problem' : 'problems'}.` }], second }
  return { first: [{ text: health.newestEventAt === null ? 'No events yet.' : 'All fine.' }], second }
}

/** "6 of 8 banks fine, 1 unknown."; who is unknown may be `named` in the next sentence. */
function count({ all, noun }: Subjects, named: boolean): string {
  const total = all.length
  const fine = all.filter((each) => each.state === 'fine').length
  const unknown = all.filter((each) => each.state === 'unknown').length
  if (total === 0) return `No news of any ${noun} yet.`
  if (unknown === total) return `Nothing known of ${total === 1 ? one(noun) : `${total} ${noun}`}.`
  const doubt = unknown === 0 || named ? '' : `, ${unknown} unknown`
  if (total === 1) return `The one ${one(noun)} is ${fine === 1 ? 'fine' : 'not fine'}.`
  if (fine === total) return `All ${total} ${noun} fine.`
  return `${fine === 0 ? 'None' : fine} of ${total} ${noun} fine${doubt}.`
}

/** Names whom nothing was heard of, where that is one or two. */
function unheard({ all }: Subjects): Part[] {
  const silent = all.filter((each) => each.state === 'unknown').map((each) => each.name)
  if (silent.length === 0 || silent.length > 2 || silent.length === all.length) return []
  return [{ text: `No news of ${silent.join(' and ')}.` }]
}

/** "6 of 8 banks were fine 3 min ago." */
function lastKnown(about: Subjects | null, health: Health): Part[] {
  const known = about?.all.filter((each) => each.state !== 'unknown') ?? []
  if (about !== null && about.asOf !== null && known.length > 0) {
    const fine = known.filter((each) => each.state === 'fine').length
    const text = `${fine} of ${about.all.length} ${about.noun} were fine `
    return [{ text }, { age: about.asOf }, { text: ' ago.' }]
  }
  if (health.newestEventAt === null) return []
  return [{ text: 'The newest event came ' }, { age: health.newestEventAt }, { text: ' ago.' }]
}

function one(noun: string): string {
  return noun.endsWith('ies') ? `${noun.slice(0, -3)}y` : noun.replace(/s$/, '')
}
