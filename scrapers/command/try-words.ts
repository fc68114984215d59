/** What `weir try` says of one run, in lines for a terminal. Pure. */
import { formatDuration, printable, type RunEvent } from '../../engine/index.ts'
import type { Scraper } from '../index.ts'
import type { FieldResult, Signals } from '../outcome/signals.ts'
import type { Suggestion } from '../suggest/suggest.ts'

/** Text in a colour, or as it is. */
export type Paint = (colour: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string

const WIDTH = 44
const COLOUR: Partial<Record<RunEvent['outcome'], 'green' | 'yellow'>> = {
  ok: 'green',
  absent: 'green',
  partial: 'yellow',
  skipped: 'yellow',
}

/** Said where it is not a browser alone. */
const READ_WITH = {
  browser: '',
  http: ', read without a browser',
  fallback: ', a browser had to look',
}

export function tryWords(scraper: Scraper, event: RunEvent, signals: Signals, paint: Paint): string {
  const colour = COLOUR[event.outcome] ?? 'red'
  const status = event.status === undefined ? '' : `, status ${event.status}`
  return [
    `${paint('bold', printable(scraper.name, 80))}  ${printable(event.url, 200)}`,
    `${paint(colour, event.outcome)} ${event.reason}${status}, ${(event.ms / 1000).toFixed(1)} s${READ_WITH[signals.via ?? 'browser']}`,
    ...(event.detail === '' ? [] : [printable(event.detail, 400)]),
    ...marks(signals, paint),
    ...(scraper.kind === 'browser' ? fieldTable(scraper.read, signals.fields, paint) : []),
    ...times(signals, paint),
  ].join('\n')
}

function marks({ landmarks }: Signals, paint: Paint): string[] {
  if (landmarks.length === 0) return []
  const each = landmarks.map(({ source, matched }) =>
    paint(matched ? 'green' : 'red', `${matched ? '✓' : '✗'} ${printable(source, 60)}`),
  )
  return ['', `${paint('dim', 'known by')}  ${each.join('   ')}`]
}

type Read = Extract<Scraper, { kind: 'browser' }>['read']

function fieldTable(read: Read, fields: Record<string, FieldResult>, paint: Paint): string[] {
  const rows = Object.entries(fields).map(([name, field]) => ({
    name: printable(name, 30),
    state: field.state,
    value: read[name]?.private === true ? '(private)' : shown(field.value),
    from: field.note === '' ? (field.source ?? '') : printable(field.note, 160),
  }))
  if (rows.length === 0) return []
  const wide = (of: 'name' | 'state' | 'value', least: number): number =>
    Math.max(least, ...rows.map((row) => [...row[of]].length))
  const [names, states, values] = [wide('name', 5), wide('state', 5), wide('value', 5)]
  const line = (name: string, state: string, value: string, from: string): string =>
    `  ${name.padEnd(names)}  ${state.padEnd(states)}  ${value.padEnd(values)}  ${from}`.trimEnd()
  return [
    '',
    paint('dim', line('field', 'state', 'value', 'from')),
    ...rows.map(({ name, state, value, from }) => {
      const text = line(name, state, value, from)
      return state === 'ok' || state === 'absent' ? text : paint(state === 'empty' ? 'yellow' : 'red', text)
    }),
  ]
}

/** A list by its length and its first item. */
function shown(value: unknown): string {
  if (value === undefined) return '–'
  if (!Array.isArray(value))
    return printable(typeof value === 'string' ? value : JSON.stringify(value), WIDTH)
  const first = value.length === 0 ? '' : `: ${shown(value[0])}${value.length > 1 ? ', …' : ''}`
  return printable(`${value.length} ${value.length === 1 ? 'item' : 'items'}${first}`, WIDTH)
}

function times({ timings, redirects, certDays }: Signals, paint: Paint): string[] {
  const span = (name: string, ms: number | undefined): string[] =>
    ms === undefined || ms < 0.05
      ? []
      : [`${name} ${ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`}`]
  const parts = [
    ...span('waited', timings.waited),
    ...span('dns', timings.dns),
    ...span('connect', timings.connect),
    ...span('tls', timings.tls),
    ...span('first byte', timings.response),
    ...span('whole run', timings.total),
    ...(redirects > 0 ? [`${redirects} redirects`] : []),
    ...(certDays === null
      ? []
      : [`certificate ends in ${formatDuration(Math.floor(certDays) * 86_400_000)}`]),
  ]
  return parts.length === 0 ? [] : ['', `${paint('dim', 'times')}  ${parts.join(' · ')}`]
}

/** What could be read of a page that has no scraper yet. */
export function suggestionWords({ is, fields }: Suggestion, paint: Paint): string[] {
  return [
    '',
    `${paint('dim', 'could be known by')}  ${is.map((each) => printable(each, 80)).join('   ') || 'nothing that lasts'}`,
    paint('dim', 'could be read'),
    ...fields.map(
      ({ name, code, seen }) =>
        `  ${name === '...' ? `...${code}` : `${name}: ${printable(code, 100)}`}  ${paint('dim', printable(seen, 60))}`,
    ),
    'weir new scraper NAME URL writes this to a file.',
    '',
  ]
}
