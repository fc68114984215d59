/** A scraper's last runs as a strip of cells, newest right: the worse, the higher, so that it reads without colour. */
import type { Mood } from '../../board.ts'
import type { FleetRow } from '../../../fleet/row.ts'
import { clean } from '../../say/name.ts'
import { timeOfDay } from './moment.ts'

type Spell = FleetRow['spells'][number]

const SVG = 'http://www.w3.org/2000/svg'
/** Cells of a strip, and its height in the units of its view box. */
export const CELLS = 50
const HEIGHT = 20
const WIDTH = 0.78

/** Top and bottom of a cell. A run that was not made is a dash in the middle. */
const CELL: Record<Mood, [top: number, bottom: number]> = {
  good: [12, 20],
  warn: [6, 20],
  bad: [0, 20],
  unknown: [9, 12],
}

export function moodOf({ outcome }: Pick<Spell, 'outcome'>): Mood {
  if (outcome === 'ok' || outcome === 'absent') return 'good'
  if (outcome === 'partial') return 'warn'
  return outcome === 'skipped' ? 'unknown' : 'bad'
}

/** `layout_changed` as people write it. */
export function outcomeWords({ outcome, reason }: Pick<Spell, 'outcome' | 'reason'>): string {
  const words = outcome.replaceAll('_', ' ')
  return reason === '' || reason === 'all_valid' ? words : `${words} (${clean(reason, 40)})`
}

/** The last spells in words, for those who cannot see them. */
export function stripWords({ spells, runs }: Pick<FleetRow, 'spells' | 'runs'>): string {
  if (runs === 0) return 'No run yet'
  const last = spells.slice(-4).map((spell) => `${spell.runs} ${outcomeWords(spell)}`)
  const before = spells.length > last.length ? 'others, then ' : ''
  return `Last ${runs} ${runs === 1 ? 'run' : 'runs'}: ${before}${last.join(', then ')}`
}

export function stripChart(): { node: SVGSVGElement; draw: (row: FleetRow) => void } {
  const node = document.createElementNS(SVG, 'svg')
  node.setAttribute('class', 'strip')
  node.setAttribute('viewBox', `0 0 ${CELLS} ${HEIGHT}`)
  node.setAttribute('preserveAspectRatio', 'none')
  node.setAttribute('role', 'img')
  let drawn = ''
  const draw = (row: FleetRow): void => {
    const plan = JSON.stringify(row.spells)
    if (plan === drawn) return
    drawn = plan
    node.setAttribute('aria-label', stripWords(row))
    let at = CELLS - row.runs
    const base = `M0 ${HEIGHT - 0.6}H${Math.max(0, at)}`
    node.replaceChildren(
      ...(at > 0 ? [path('none', base)] : []),
      ...row.spells.map((spell) => {
        const made = path(moodOf(spell), cells(at, spell.runs, CELL[moodOf(spell)]))
        at += spell.runs
        made.append(title(spell))
        return made
      }),
    )
  }
  return { node, draw }
}

function cells(at: number, count: number, [top, bottom]: [number, number]): string {
  const cell = (i: number): string => `M${at + i} ${top}h${WIDTH}V${bottom}h-${WIDTH}Z`
  return Array.from({ length: count }, (_, i) => cell(i)).join('')
}

function path(mood: Mood | 'none', d: string): SVGPathElement {
  const made = document.createElementNS(SVG, 'path')
  made.dataset['mood'] = mood
  made.setAttribute('d', d)
  return made
}

function title(spell: Spell): SVGTitleElement {
  const made = document.createElementNS(SVG, 'title')
  const times = spell.runs === 1 ? timeOfDay(spell.to) : `${timeOfDay(spell.from)} to ${timeOfDay(spell.to)}`
  made.textContent = `${spell.runs} ${outcomeWords(spell)}, ${times}`
  return made
}
