/** The fleet page as a whole: draws an answer, keeps its ages moving, and says when it no longer knows. */
import type { FleetAnswer } from '../../../http/fleet.ts'
import { percent } from '../../../fleet/rank.ts'
import type { FleetRow } from '../../../fleet/row.ts'
import type { Mood } from '../../board.ts'
import { age } from '../age.ts'
import { ageNode, writeAges } from '../age-nodes.ts'
import { stateWord, type Card } from '../cards.ts'
import { element, keyed, write } from '../element.ts'
import { proofDialog } from '../proof-dialog.ts'
import { favicon, SIGN } from '../shape.ts'
import { COLUMNS, rowCard } from './row.ts'

export interface FleetPage {
  /** `now` is server time, ms. */
  draw(answer: FleetAnswer, now: number): void
  /** Called often; `trouble`: why nothing new is known, null where it is. */
  tick(now: number, trouble: string | null): void
}

export const MOODS: readonly Mood[] = ['bad', 'warn', 'unknown', 'good']
export const MOOD_WORD: Record<Mood, string> = {
  bad: 'wrong',
  warn: 'flawed',
  unknown: 'unknown',
  good: 'fine',
}

export function fleetPage(root: Document): FleetPage {
  const find = (id: string): HTMLElement => root.getElementById(id)!
  const state = stateWord()
  find('state').replaceChildren(state.node)
  find('columns').replaceChildren(...COLUMNS.map(([key, title]) => header(key, title)))
  const open = proofDialog(root)
  const cards = new Map<string, Card<FleetRow>>()
  let last: FleetAnswer | null = null

  const draw = (answer: FleetAnswer, now: number): void => {
    last = answer
    write(find('headline'), headline(answer))
    write(find('spoken'), headline(answer))
    find('sums').replaceChildren(...sums(answer))
    const prove = (sentence: string, proof: string): void => open({ sentence, proof })
    keyed(
      find('rows'),
      answer.rows,
      ({ scraper }) => scraper,
      () => rowCard(prove),
      cards,
    )
    const more = answer.total - answer.rows.length
    find('more').hidden = more === 0
    write(find('more').querySelector('span')!, `and ${more} more, ${answer.total} in all`)
    write(find('none'), answer.total > 0 ? '' : nothing(answer))
    writeAges(root, now)
  }

  const tick = (now: number, trouble: string | null): void => {
    writeAges(root, now)
    const mood: Mood = trouble !== null || last === null ? 'unknown' : worst(last)
    root.body.dataset['link'] = trouble === null ? 'live' : 'cut'
    root.body.dataset['mood'] = mood
    state.draw(mood, trouble !== null && last !== null ? 'Last known' : '')
    write(find('news'), trouble ?? '')
    const icon = find('icon') as HTMLLinkElement
    if (icon.href !== favicon(mood)) icon.href = favicon(mood)
    root.title = `${title(last, trouble)} — Fleet`
  }
  return { draw, tick }
}

function header(key: string, title: string): HTMLElement {
  const made = element('th', key, title)
  made.setAttribute('scope', 'col')
  made.setAttribute('role', 'columnheader')
  return made
}

/** Of all that were asked for, whatever the mood that is shown. */
function headline({ moods }: FleetAnswer): string {
  const all = MOODS.reduce((sum, mood) => sum + moods[mood], 0)
  const of = `${all} ${all === 1 ? 'scraper' : 'scrapers'}`
  if (all === 0) return 'No scrapers'
  if (moods.bad > 0) return `${moods.bad} of ${of} ${moods.bad === 1 ? 'brings' : 'bring'} nothing right`
  if (moods.warn > 0) return `${moods.warn} of ${of} ${moods.warn === 1 ? 'is' : 'are'} flawed`
  if (moods.unknown > 0) return `${moods.unknown} of ${of} unknown, the rest is fine`
  return all === 1 ? 'The scraper is fine' : `All ${of} are fine`
}

function sums({ ran, right, at, complete }: FleetAnswer): (Node | string)[] {
  const shares =
    ran === null || right === null
      ? 'No runs yet'
      : `Ran ${percent(ran)}, right ${percent(right)} of the last due times`
  const rest = complete ? '' : '; older runs are still being read'
  return [`${shares}${rest}. As of `, ageNode(at), ' ago.']
}

function nothing({ moods }: FleetAnswer): string {
  const all = MOODS.reduce((sum, mood) => sum + moods[mood], 0)
  return all > 0 ? 'None of these.' : 'No scraper process has loaded a scraper of this kind.'
}

function worst({ moods }: FleetAnswer): Mood {
  return MOODS.find((mood) => moods[mood] > 0) ?? 'unknown'
}

function title(answer: FleetAnswer | null, trouble: string | null): string {
  if (answer === null) return trouble === null ? '… Connecting' : '? No answer'
  const mood = trouble === null ? worst(answer) : 'unknown'
  return trouble === null ? `${SIGN[mood]} ${headline(answer)}` : `${SIGN.unknown} Last known`
}

/** Why nothing new is known, in words; null: it is. `silence`: since the last answer, ms. */
export function troubleOf(
  answer: FleetAnswer | null,
  silence: number,
  now: number,
  problem: string | null,
): string | null {
  if (silence > STALE)
    return answer === null
      ? `Weir has not answered for ${age(silence)}. ${problem ?? ''}`
      : `No news for ${age(silence)} — last known state. ${problem ?? ''}`
  // What it answers to say that it cannot is known at once.
  if (problem !== null) return answer === null ? problem : `${problem} Last known state.`
  if (answer === null) return null
  if (now - answer.at > 2 * STALE) return `These facts are ${age(now - answer.at)} old.`
  if (answer.engine !== 'ok') return `The engine is ${answer.engine}: shares of fields may be old.`
  return null
}

/** Silence (ms) after which the page says so. */
const STALE = 15_000
