/** The one sentence of an alert: what, value, normal, why. Plain words; the reader adds the age. */
import type { CompiledMetric, CompiledRule, Stat } from '../config/compiled.ts'
import type { VerdictChange } from '../rule/verdict.ts'
import { groupLabels } from '../window/group-key.ts'
import { readableDuration, readableValue } from './readable.ts'

export interface Told {
  rule: CompiledRule
  metric: CompiledMetric
  change: VerdictChange
}

/** Longest sentence; site text may be in it. */
const MAX_SENTENCE = 300

/** `sample`: newest matching event, if known, for placeholders of `says`. */
export function sentence({ rule, metric, change }: Told, sample: Record<string, unknown> | null): string {
  const labels = groupLabels(metric.by, change.group)
  const text =
    rule.says === null
      ? standard(rule, metric, change, labels)
      : fill(rule.says, rule, metric, change, labels, sample)
  return text.length > MAX_SENTENCE ? `${text.slice(0, MAX_SENTENCE - 1)}…` : text
}

/** What happened, from the newest matching event: its `detail`, else its `reason`. */
export function causeOf(sample: Record<string, unknown> | null): string | null {
  const cause = sample?.detail ?? sample?.reason
  return typeof cause === 'string' && cause !== '' ? cause.slice(0, MAX_SENTENCE) : null
}

/** `north-bank` reads as `North Bank`; anything that is not a plain slug stays as it is. */
export function readableName(value: string): string {
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(value)) return value
  return value.replace(
    /(^|[-_])([a-z0-9])/g,
    (_, gap: string, letter: string) => (gap ? ' ' : '') + letter.toUpperCase(),
  )
}

function standard(
  rule: CompiledRule,
  metric: CompiledMetric,
  change: VerdictChange,
  labels: Record<string, string>,
): string {
  const who = Object.values(labels).map(readableName).join(', ')
  const subject = who === '' ? metric.title : `${who}: ${metric.title}`
  const value = readableValue(change.value, rule.stat, metric.unit)
  const normal = readableValue(change.normal, rule.stat, metric.unit)
  switch (rule.kind) {
    case 'threshold':
      return `${subject} ${statName(rule.stat)} is ${value} over ${rule.window}, ${rule.above !== null ? 'above' : 'below'} ${normal}.`
    case 'spike': {
      const times = change.value !== null && change.normal ? (change.value / change.normal).toFixed(1) : '?'
      const over = readableDuration(rule.over)
      return `${subject} is ${value}, ${times} times its average of ${normal} over the last ${over}.`
    }
    case 'noData':
      return `${subject}: nothing for ${readableDuration(change.value ?? rule.for)}.`
  }
}

function statName(stat: Stat): string {
  if (stat === 'distinct') return 'distinct count'
  return stat === 'mean' ? 'average' : stat
}

function fill(
  says: string,
  rule: CompiledRule,
  metric: CompiledMetric,
  change: VerdictChange,
  labels: Record<string, string>,
  sample: Record<string, unknown> | null,
): string {
  return says.replace(/\{([a-zA-Z_][\w]*)\}/g, (whole, name: string) => {
    if (Object.hasOwn(labels, name)) return readableName(labels[name]!)
    if (name === 'value')
      return rule.kind === 'noData'
        ? readableDuration(change.value ?? 0)
        : readableValue(change.value, rule.stat, metric.unit)
    if (name === 'normal' || name === 'limit') {
      return rule.kind === 'noData'
        ? readableDuration(rule.for)
        : readableValue(change.normal, rule.stat, metric.unit)
    }
    const value = sample !== null && Object.hasOwn(sample, name) ? sample[name] : null
    if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(String).join(', ')
    return value == null ? whole.slice(1, -1) : String(value)
  })
}
