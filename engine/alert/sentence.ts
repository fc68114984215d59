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

/** Fields whose values name an alert. */
export function alertBy({ rule, metric }: Pick<Told, 'rule' | 'metric'>): readonly string[] {
  if (rule.kind === 'atRisk') return ['batch']
  return rule.kind === 'drift' ? rule.by : metric.by
}

/** Longest sentence; site text may be in it. */
const MAX_SENTENCE = 300
/** Names that a sentence lists of a field. */
const MAX_LISTED = 3

/** `sample`: newest matching event, if known, for placeholders of `says`. */
export function sentence(told: Told, sample: Record<string, unknown> | null): string {
  const { rule, metric, change } = told
  const labels = groupLabels(alertBy(told), change.group)
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
  const what = whatOf(change.about ?? {}, metric.title, labels)
  const subject = who === '' ? what : `${who}: ${what}`
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
    case 'atRisk':
      return `${who} is at risk: ${change.reason}.`
    case 'drift':
      return `${subject} ${driftWords(rule, change, value, normal)}`
    case 'noData':
      return `${subject}: nothing for ${readableDuration(change.value ?? rule.for)}.`
  }
}

/** What the alert is about within its group, such as `missing of balance, iban of north-bank and 4 more`. */
function whatOf(about: Record<string, string[]>, title: string, labels: Record<string, string>): string {
  const named = Object.values(labels)
  return Object.values(about)
    .filter((names) => names.some((name) => !named.includes(name)))
    .reduce((what, names) => `${what} of ${listed(names)}`, title)
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED
  return more > 0 ? `${names.slice(0, MAX_LISTED).join(', ')} and ${more} more` : names.join(', ')
}

function driftWords(
  rule: CompiledRule & { kind: 'drift' },
  change: VerdictChange,
  value: string,
  normal: string,
): string {
  const before = `in the ${readableDuration(rule.over)} before`
  if (rule.stat === 'ratio') return `is ${value} over ${rule.window}, ${normal} ${before}.`
  if (rule.stat === 'distinct') return `has ${value} new over ${rule.window}, ${normal} ${before}.`
  const above = change.value !== null && change.normal !== null && change.value > change.normal
  return `${statName(rule.stat)} is ${value} over ${rule.window}, ${before} ${above ? 'at most' : 'at least'} ${normal}.`
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
    if (change.about && Object.hasOwn(change.about, name)) return listed(change.about[name]!)
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
