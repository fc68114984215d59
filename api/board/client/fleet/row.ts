/** A scraper as a row of the table; on a phone the same cells stand below each other, with their names before them. */
import type { WhyPart } from '../../../fleet/rank.ts'
import { percent } from '../../../fleet/rank.ts'
import type { FleetRow } from '../../../fleet/row.ts'
import { age } from '../age.ts'
import { ageNode } from '../age-nodes.ts'
import { stateWord, type Card } from '../cards.ts'
import { element, write } from '../element.ts'
import { told } from './told.ts'
import type { Mood } from '../../board.ts'
import { fieldList } from './field-list.ts'
import { timeOfDay } from './moment.ts'
import { outcomeWords, stripChart } from './strip.ts'

/** In the order of the cells. */
export const COLUMNS = [
  ['scraper', 'Scraper'],
  ['why', 'Why it is here'],
  ['runs', 'Last 50 runs'],
  ['ran', 'Ran'],
  ['right', 'Right'],
  ['fields', 'Fields, and their own week as a line'],
  ['data', 'Data age'],
  ['late', 'Late starts'],
  ['until', 'Blocked until'],
  ['version', 'Version, last deploy'],
  ['proposals', 'Proposals'],
] as const

type Column = (typeof COLUMNS)[number][0]

const WORD: Record<Mood, string> = { good: 'fine', warn: 'flawed', bad: 'wrong', unknown: 'unknown' }

/** `prove` shows the evidence of a failure. */
export function rowCard(prove: (sentence: string, evidence: string) => void): Card<FleetRow> {
  const state = stateWord()
  const name = told('name')
  const about = told('about')
  const why = element('p', 'reason')
  why.dir = 'auto'
  const more = element('p', 'more')
  const links = element('p', 'links')
  const strip = stripChart()
  const fields = fieldList()
  const cells = Object.fromEntries(COLUMNS.map(([key, title]) => [key, cell(key, title)])) as Record<
    Column,
    HTMLTableCellElement
  >
  cells.scraper.append(state.node, element('span', 'names', name.node, about.node))
  cells.why.append(element('div', 'line', why, links), more)
  cells.runs.append(strip.node)
  cells.fields.append(fields.node)
  const node = element('tr', '', ...Object.values(cells))
  node.setAttribute('role', 'row')
  const drawn = new Map<string, string>()
  /** Draws a part again only if what it shows has changed. */
  const part = (key: string, of: unknown, draw: () => void): void => {
    const plan = JSON.stringify(of)
    if (drawn.get(key) === plan) return
    drawn.set(key, plan)
    draw()
  }
  const draw = (row: FleetRow): void => {
    node.dataset['mood'] = row.mood
    state.draw(row.mood, WORD[row.mood])
    name.draw(row.scraper)
    about.draw(`${row.fleet} · ${row.every} · ${row.host}`)
    part('why', row.why, () => why.replaceChildren(...sentence(row.why)))
    part('more', [row.origin, row.mood, row.failure], () => more.replaceChildren(...explanation(row)))
    part('links', [row.scraper, row.failure?.evidence], () => links.replaceChildren(...linksOf(row, prove)))
    strip.draw(row)
    share(cells.ran, row.ran)
    share(cells.right, row.right)
    fields.draw(row.fields)
    part('data', row.rightAt, () => fill(cells.data, row.rightAt === null ? [] : [ageNode(row.rightAt)]))
    cells.data.dataset['mood'] = row.mood === 'bad' ? 'bad' : 'good'
    part('late', row.late, () => fill(cells.late, lateness(row)))
    part('until', row.blocked, () => fill(cells.until, blocked(row)))
    part('proposals', row.proposals, () => fill(cells.proposals, proposals(row)))
    part('version', [row.version, row.deploy], () => fill(cells.version, version(row)))
  }
  return { node, draw }
}

function cell(key: Column, title: string): HTMLTableCellElement {
  const made = element(key === 'scraper' ? 'th' : 'td', key)
  if (key === 'scraper') made.setAttribute('scope', 'row')
  made.setAttribute('role', key === 'scraper' ? 'rowheader' : 'cell')
  made.dataset['label'] = title
  return made
}

function fill(into: Element, children: (Node | string)[]): void {
  into.replaceChildren(...children)
}

function share(into: HTMLElement, of: number | null): void {
  write(into, of === null ? '' : percent(of))
  into.dataset['mood'] = of === null ? 'unknown' : of >= 0.95 ? 'good' : of >= 0.5 ? 'warn' : 'bad'
}

function sentence(parts: readonly WhyPart[]): (Node | string)[] {
  return parts.map((part) => {
    if ('text' in part) return part.text
    return 'age' in part ? ageNode(part.age) : element('time', '', timeOfDay(part.time))
  })
}

/** What was seen last, and whether it began with a change of ours. */
function explanation({ failure, origin, mood }: FleetRow): (Node | string)[] {
  if (mood === 'good' || failure === null) return []
  const seen = told('seen', failure.detail === '' ? outcomeWords(failure) : failure.detail).node
  return origin === null ? [seen] : [element('strong', '', told('', origin).node), ' ', seen]
}

function linksOf(
  { scraper, failure }: FleetRow,
  prove: (sentence: string, evidence: string) => void,
): (Node | string)[] {
  const runs = element('a', '', 'runs')
  runs.href = `/v1/runs?scraper=${encodeURIComponent(scraper)}`
  runs.ariaLabel = `Runs of ${scraper}, as JSON`
  if (failure === null || failure.evidence === null) return [runs]
  const { evidence } = failure
  const seen = element('a', '', 'evidence')
  seen.href = `/v1/evidence/${encodeURIComponent(evidence)}`
  seen.ariaLabel = `Evidence of the newest failure of ${scraper}`
  seen.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    prove(`${scraper}: ${outcomeWords(failure)}`, evidence)
  })
  return [seen, ' ', runs]
}

function lateness({ late, runs }: FleetRow): string[] {
  return late.runs === 0 ? [] : [`${late.runs} of ${runs}, worst ${age(late.worstMs)}`]
}

function blocked({ blocked: block }: FleetRow): Node[] {
  if (block === null) return []
  const exit = told('exit', `${block.reason}, ${block.exit}`)
  return [element('time', '', timeOfDay(block.until)), exit.node]
}

function version({ version: { name, since }, deploy }: FleetRow): Node[] {
  const title = told('', name).node
  const loaded = element('span', 'loaded', 'loaded ', ageNode(since), ' ago')
  if (deploy === null) return [title, loaded]
  return [
    title,
    loaded,
    element('span', 'mark', 'deploy ', told('', deploy.version).node, ' ', ageNode(deploy.at), ' ago'),
  ]
}

function proposals({ scraper, proposals: fields }: FleetRow): Node[] {
  if (fields.length === 0) return []
  const link = element('a', '', `${fields.length}: `, told('', fields.join(', ')).node)
  link.href = `/v1/proposals?scraper=${encodeURIComponent(scraper)}&state=open`
  return [link]
}
