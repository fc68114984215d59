/** The fields of a scraper: a bar for how often each is found now, a line across for its own week; words where they differ. */
import { percent, spanOf } from '../../../fleet/rank.ts'
import type { FleetRow } from '../../../fleet/row.ts'
import type { Mood } from '../../board.ts'
import { element } from '../element.ts'
import { told } from './told.ts'

type Field = FleetRow['fields'][number]

const SVG = 'http://www.w3.org/2000/svg'
/** Fields shown; what is lost comes first. */
const SHOWN = 8
const HEIGHT = 16
const ORDER: Record<Mood, number> = { bad: 0, warn: 1, unknown: 2, good: 3 }

export function fieldList(): { node: HTMLElement; draw: (fields: readonly Field[]) => void } {
  const node = element('ul', 'fields')
  let drawn = ''
  const draw = (fields: readonly Field[]): void => {
    const plan = JSON.stringify(fields)
    if (plan === drawn) return
    drawn = plan
    const sorted = fields.toSorted((a, b) => ORDER[a.mood] - ORDER[b.mood])
    const rest = sorted.slice(SHOWN)
    const more = rest.length > 0 ? [element('li', 'rest', restWords(rest))] : []
    node.replaceChildren(...sorted.slice(0, SHOWN).map(fieldItem), ...more)
  }
  return { node, draw }
}

function restWords(rest: readonly Field[]): string {
  const wrong = rest.filter(({ mood }) => mood === 'bad' || mood === 'warn').length
  return wrong > 0 ? `and ${rest.length} more, ${wrong} of them lost` : `and ${rest.length} more`
}

function fieldItem(field: Field): HTMLElement {
  const { name, now, week, mood } = field
  const title = told('name', name).node
  const share = element('span', 'share', now === null ? '' : percent(now))
  const usual = element(
    'span',
    'usual',
    week === null ? '' : `, ${percent(week.share)} in ${spanOf(week.window)}`,
  )
  const item = element('li', 'field', bar(field) as unknown as Node, title, ' ', share, usual)
  item.dataset['mood'] = mood
  item.title = `${title.textContent}: ${now === null ? 'nobody has looked' : `found in ${percent(now)} of the last runs`}${usual.textContent}`
  return item
}

function bar({ now, week }: Field): SVGSVGElement {
  const node = document.createElementNS(SVG, 'svg')
  node.setAttribute('class', 'bar')
  node.setAttribute('viewBox', `0 0 8 ${HEIGHT}`)
  node.setAttribute('aria-hidden', 'true')
  const line = (className: string, d: string): void => {
    const made = document.createElementNS(SVG, 'path')
    made.setAttribute('class', className)
    made.setAttribute('d', d)
    node.append(made)
  }
  line('frame', `M.5 .5h7V${HEIGHT - 0.5}h-7Z`)
  const full = (share: number): number => (HEIGHT - 2) * share
  if (now !== null && now > 0) line('fill', `M1 ${HEIGHT - 1}h6v-${full(now).toFixed(1)}h-6Z`)
  if (week !== null) line('week', `M0 ${(HEIGHT - 1 - full(week.share)).toFixed(1)}h8`)
  return node
}
