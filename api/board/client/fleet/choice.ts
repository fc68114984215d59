/** What of the fleet is shown: a mood, a fleet, a part of a name, how many. It stands in the address, to be sent around. */
import type { FleetAnswer } from '../../../http/fleet.ts'
import type { Mood } from '../../board.ts'
import { stateWord } from '../cards.ts'
import { element, write } from '../element.ts'
import { MOOD_WORD, MOODS } from './page.ts'

export interface Choice {
  /** Parameters of `GET /v1/fleet`. */
  query(): string
  draw(answer: FleetAnswer): void
}

const STEP = 50
const MOST = 500
/** Typing is over after this, ms. */
const PATIENCE = 300

/** `changed`: other rows are wanted. */
export function choice(root: Document, changed: () => void): Choice {
  const find = (id: string): HTMLElement => root.getElementById(id)!
  const label = find('label') as HTMLSelectElement
  const search = find('search') as HTMLInputElement
  const given = new URLSearchParams(location.search)
  const asked = given.get('mood')
  let mood = MOODS.find((each) => each === asked) ?? null
  let fleet = given.get('fleet') ?? ''
  let limit = STEP
  search.value = given.get('scraper') ?? ''

  const wanted = (): URLSearchParams => {
    const all = { mood: mood ?? '', fleet, scraper: search.value.trim() }
    return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''))
  }
  const change = (): void => {
    limit = STEP
    const text = wanted().toString()
    history.replaceState(null, '', text === '' ? location.pathname : `?${text}`)
    ;(find('json') as HTMLAnchorElement).href = `/v1/fleet${text === '' ? '' : `?${text}`}`
    for (const [each, { node }] of buttons) node.ariaPressed = String(each === mood)
    changed()
  }
  const buttons = new Map(MOODS.map((each) => [each, moodButton(each)]))
  for (const [each, { node }] of buttons)
    node.addEventListener('click', () => {
      mood = mood === each ? null : each
      change()
    })
  find('moods').replaceChildren(...[...buttons.values()].map(({ node }) => node))
  label.addEventListener('change', () => {
    fleet = label.value
    change()
  })
  let typing: ReturnType<typeof setTimeout> | undefined
  search.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(change, PATIENCE)
  })
  find('more')
    .querySelector('button')!
    .addEventListener('click', () => {
      limit = Math.min(MOST, limit + STEP)
      changed()
    })
  for (const [each, { node }] of buttons) node.ariaPressed = String(each === mood)

  return {
    query: () => {
      const query = wanted()
      query.set('limit', String(limit))
      return query.toString()
    },
    draw: ({ moods, fleets, rows }) => {
      for (const [each, { draw }] of buttons) draw(moods[each])
      find('more').querySelector('button')!.hidden = rows.length >= MOST
      const names = ['', ...new Set(fleet === '' ? fleets : [...fleets, fleet])]
      if (JSON.stringify(names) === label.dataset['plan']) return
      label.dataset['plan'] = JSON.stringify(names)
      label.replaceChildren(...names.map((name) => new Option(name === '' ? 'all' : name, name)))
      label.value = fleet
    },
  }
}

function moodButton(mood: Mood): { node: HTMLButtonElement; draw: (count: number) => void } {
  const count = element('span', 'count')
  const state = stateWord()
  state.draw(mood, MOOD_WORD[mood])
  const node = element('button', '', count, ' ', state.node)
  node.type = 'button'
  return { node, draw: (n) => void write(count, String(n)) }
}
