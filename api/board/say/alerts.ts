/** Alerts in plain words, worst and newest first. */
import type { Alert, CompiledConfig } from '../../../engine/index.ts'
import type { BoardAlert, Part } from '../state.ts'
import { clean, name, nameIn } from './name.ts'

/** What an outcome of a run means for people: before and after the name, and how its age is said. */
const OUTCOME: Record<string, [before: string, after: string, age: 'ago' | 'for']> = {
  layout_changed: ['', ' changed its page', 'ago'],
  site_down: ['', ' is down', 'for'],
  blocked: ['', ' blocks us', 'for'],
  rate_limited: ['', ' asks us to slow down', 'for'],
  auth_failed: ['', ' refused our login', 'ago'],
  proxy_failed: ['', ' is out of reach of our proxy', 'for'],
  crashed: ['Our scraper of ', ' crashed', 'ago'],
  invalid_data: ['', ' shows data that cannot be right', 'for'],
  partial: ['', ' shows only part of its data', 'for'],
  skipped: ['', ' is not being read', 'for'],
}

/** Words of a state that lasts, and of something that happened: the first is said with "for", the other with "ago". */
const LASTS = /\b(is|are|has|have|no|nothing|not|without|below|above)\b/i
const HAPPENED = /\b([a-z]{2,}ed|went|lost|broke|fell|rose|left|came)\b/i

/** The alert in words without its age and without a full stop, and how its age is said. */
export function plain(alert: Alert, config: CompiledConfig | null): { words: string; age: 'ago' | 'for' } {
  const says = config?.rules.find((rule) => rule.id === alert.rule)?.says ?? null
  const outcome = alert.evidence.samples
    .map((sample) => String(sample['outcome']))
    .find((it) => it in OUTCOME)
  const subject = alert.group['scraper'] ?? Object.values(alert.group)[0]
  if (says === null && subject !== undefined && alert.kind === 'noData')
    return { words: `No news of ${name(subject)}`, age: 'for' }
  if (says === null && subject !== undefined && outcome !== undefined) {
    const [before, after, age] = OUTCOME[outcome]!
    return { words: before + name(subject) + after, age }
  }
  const words = named(alert.sentence, alert).replace(/[\s.]+$/, '')
  return {
    words: words === '' ? 'Something is wrong' : words,
    age: HAPPENED.test(words) && !LASTS.test(words) ? 'ago' : 'for',
  }
}

/** "North Bank changed its page 4 min ago."; of "East Bank is slow: p50 is 2 s" only what stands before the colon. */
export function sentence(alert: Alert, config: CompiledConfig | null): Part[] {
  const { words, age } = plain(alert, config)
  const [main = words] = words.split(': ')
  const short = clean(LASTS.test(main) || HAPPENED.test(main) ? main : words, 90)
  const began = { age: alert.since }
  if (age === 'ago') return [{ text: `${short} ` }, began, { text: ' ago.' }]
  if (short.includes(', ')) return [{ text: `${short} (for ` }, began, { text: ').' }]
  return [{ text: `${short} for ` }, began, { text: '.' }]
}

/** The alert people should hear of first. */
export function foremost(firing: Alert[]): Alert | undefined {
  return [...firing].sort(worstFirst)[0]
}

/** All open alerts: firing before pending, critical before warning, newest first. */
export function openAlerts(alerts: Alert[], config: CompiledConfig | null): BoardAlert[] {
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
      cause: detail === null || detail === '' ? null : clean(detail, 200),
    }
  })
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
