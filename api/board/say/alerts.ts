/** Alerts in plain words, worst and newest first. */
import type { Alert, CompiledConfig, Origin } from '../../../engine/index.ts'
import { evidenceIdOf } from '../../http/proof.ts'
import type { BoardAlert, Part } from '../board.ts'
import { clean, name, nameIn } from './name.ts'

/** An alert in words without its age and without a full stop. */
interface Plain {
  words: string
  /** The same as a headline says it before its age: "has been down" for 4 min, "changed its page" 4 min ago. */
  told: string
  age: 'ago' | 'for'
}

/** What an outcome of a run means for people, after the name: now, and before an age of either kind. */
const OUTCOME: Record<string, [now: string, told: string, age: 'ago' | 'for']> = {
  layout_changed: ['changed its page', 'changed its page', 'ago'],
  site_down: ['is down', 'has been down', 'for'],
  blocked: ['blocks us', 'has blocked us', 'for'],
  rate_limited: ['asks us to slow down', 'asked us to slow down', 'ago'],
  auth_failed: ['refused our login', 'refused our login', 'ago'],
  proxy_failed: ['is out of reach of our proxy', 'has been out of reach of our proxy', 'for'],
  invalid_data: ['shows data that cannot be right', 'has shown data that cannot be right', 'for'],
  partial: ['shows only part of its data', 'has shown only part of its data', 'for'],
  skipped: ['is not being read', 'has not been read', 'for'],
}

/** Words of something that happened, unless the sentence has words of a state as well: said with "ago". */
const HAPPENED = /\b([a-z]{2,}ed|went|lost|broke|fell|rose|left|came)\b/i
const LASTS = /\b(is|are|has|have|no|nothing|not|without|below|above)\b/i

/** The alert in words, and as a headline tells it. */
export function plain(alert: Alert, config: CompiledConfig | null): Plain {
  const says = config?.rules.find((rule) => rule.id === alert.rule)?.says ?? null
  const outcome = alert.evidence.samples.map((sample) => String(sample['outcome']))
  const subject = alert.group['scraper'] ?? Object.values(alert.group)[0]
  if (says === null && subject !== undefined) {
    const who = name(subject)
    if (alert.kind === 'noData') return { words: `No news of ${who}`, told: `No news of ${who}`, age: 'for' }
    const known = outcome.find((it) => it === 'crashed' || Object.hasOwn(OUTCOME, it))
    if (known === 'crashed')
      return { words: `Our scraper of ${who} crashed`, told: `Our scraper of ${who} crashed`, age: 'ago' }
    if (known !== undefined) {
      const [now, told, age] = OUTCOME[known]!
      return { words: `${who} ${now}`, told: `${who} ${told}`, age }
    }
  }
  const words = named(alert.sentence, alert).replace(/[\s.]+$/, '') || 'Something is wrong'
  const age = HAPPENED.test(words) && !LASTS.test(words) ? 'ago' : 'for'
  return { words, told: words, age }
}

/** "North Bank changed its page 4 min ago."; of "East Bank is slow: p50 is 2 s" only what stands before the colon. */
export function sentence(alert: Alert, config: CompiledConfig | null): Part[] {
  const { told, age } = plain(alert, config)
  const [main = told] = told.split(': ')
  const short = clean(LASTS.test(main) || HAPPENED.test(main) ? main : told, 90)
  const began = { age: alert.since }
  if (age === 'ago') return [{ text: `${short} ` }, began, { text: ' ago.' }]
  const lasting = perfect(short)
  if (lasting === null) return [{ text: `${short} (for ` }, began, { text: ').' }]
  return [{ text: `${lasting} for ` }, began, { text: '.' }]
}

/** "is slow" as "has been slow", which goes with an age; null where the words cannot be turned so. */
function perfect(words: string): string | null {
  if (words.includes(', ')) return null
  if (/\bhas\b|^No /.test(words)) return words
  const turned = words.replace(/\b(is|are)\b/, (verb) => (verb === 'is' ? 'has been' : 'have been'))
  return turned === words ? null : turned
}

/** The alert people should hear of first. */
export function foremost(firing: Alert[]): Alert | undefined {
  return [...firing].sort(worstFirst)[0]
}

/** All open alerts: firing before pending, critical before warning, newest first. */
export function openAlerts(
  alerts: Alert[],
  config: CompiledConfig | null,
  origins: ReadonlyMap<string, Origin>,
): BoardAlert[] {
  const open = alerts.filter((alert) => alert.state !== 'resolved').sort(worstFirst)
  return open.map((alert) => {
    const { words } = plain(alert, config)
    const told = named(alert.sentence, alert)
    const cause = alert.verdict === 'unknown' ? `Not known right now: ${alert.reason}` : alert.cause
    const detail = cause ?? (told.startsWith(words) ? null : told)
    return {
      id: alert.id,
      severity: alert.severity,
      state: alert.state === 'pending' ? 'pending' : 'firing',
      sentence: clean(words, 200),
      since: alert.since,
      cause: detail === null || detail === '' ? null : clean(readable(detail), 200),
      origin: originOf(origins.get(alert.id)),
      proof: evidenceIdOf(alert),
    }
  })
}

/** "Began with our deploy 4f2a". */
function originOf(origin: Origin | undefined): BoardAlert['origin'] {
  if (origin === undefined) return null
  const words = clean(origin.words, 120)
  return { words: words.charAt(0).toUpperCase() + words.slice(1), ours: origin.kind === 'deploy' }
}

/** "connection reset" instead of Chromium's `net::ERR_CONNECTION_RESET`. */
function readable(text: string): string {
  return text.replaceAll(/\bnet::ERR_([A-Z_]+)/g, (_, code: string) =>
    code.toLowerCase().replaceAll('_', ' '),
  )
}

function named(text: string, alert: Alert): string {
  let line = clean(text, 300)
  for (const raw of Object.values(alert.group)) line = nameIn(line, raw)
  return line
}

function worstFirst(a: Alert, b: Alert): number {
  return rank(a) - rank(b) || b.since - a.since || (a.id < b.id ? -1 : 1)
}

function rank(alert: Alert): number {
  return (alert.state === 'firing' ? 0 : 2) + (alert.severity === 'critical' ? 0 : 1)
}
