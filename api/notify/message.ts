/** An alert as lines of plain text, the same for every channel: the sentence, the numbers, the line, the cause. */
import type { Alert, AlertChange, Origin } from '../../engine/index.ts'
import { joined, quantity, unitOf } from '../board/say/quantity.ts'
import { clean } from '../board/say/name.ts'
import { sparkline } from './sparkline.ts'

/** What a person is told of: a change that is more than an update. */
export interface Notice {
  event: 'fired' | 'resolved'
  alert: Alert
  /** Whether it began with a change of ours; null or absent where nothing is known of that. */
  origin?: Origin | null
}

const MAX_SENTENCE = 400
const MAX_CAUSE = 300

/** The notice in a change, or null where there is nothing to tell. */
export function noticeOf({ event, alert }: AlertChange): Notice | null {
  return event === 'updated' ? null : { event, alert }
}

/** Identifies a notice for ever: the same alert is the same after a restart and a re-fold. */
export function noticeKey({ event, alert }: Notice, channel: string): string {
  return `${alert.id} ${event} ${channel}`
}

/** Lines for people, the first one telling all; none has a line break or a control character in it. */
export function messageLines({ event, alert, origin }: Notice): string[] {
  const sentence = clean(alert.sentence, MAX_SENTENCE) || `${alert.rule} fires.`
  if (event === 'resolved') {
    const lasted = (alert.resolvedAt ?? alert.updatedAt) - alert.since
    return [`Resolved after ${lengthOf(lasted)}: ${sentence}`, numbersOf(alert)]
  }
  const line = sparkline(alert.spark)
  const cause = alert.cause === null ? '' : clean(alert.cause, MAX_CAUSE)
  return [
    sentence,
    `${numbersOf(alert)}, since ${new Date(alert.since).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ...(line === '' ? [] : [line]),
    ...(cause === '' ? [] : [`Cause: ${cause}`]),
    ...(origin ? [`${capital(clean(origin.words, MAX_CAUSE))}.`] : []),
  ]
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

function numbersOf(alert: Alert): string {
  if (alert.kind === 'noData') return `No data for ${lengthOf(alert.value ?? alert.updatedAt - alert.since)}`
  const unit = unitOf({ of: '', unit: alert.unit }, alert.stat)
  const say = (value: number | null) =>
    value === null ? 'unknown' : joined(quantity(value, alert.stat, unit))
  const against = alert.kind === 'spike' || alert.kind === 'drift' ? 'normal' : 'limit'
  return `Value ${say(alert.value)}, ${against} ${say(alert.normal)} (${alert.stat} over ${alert.window.name})`
}

/** A length of time in words; two parts at most. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (hours < 48) return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
  return `${Math.round(hours / 24)} d`
}
