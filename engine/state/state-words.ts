/** The engine's state as tables for people, at most 100 columns wide. Pure. */
import type { PartitionState } from './partition-state.ts'
import type { EngineState } from './read-state.ts'
import { age, bytes, count } from './short.ts'
import { table } from './table.ts'

export function stateWords(state: EngineState): string {
  const { control, namespace, partitions } = state
  if (control === null)
    return `Namespace ${namespace}: no config was ever published. Start an engine: weir engine, or weir dev.\n`
  const names = new Map(state.workers.map(({ id }, i) => [id, `w${i + 1}`]))
  const since = age(Math.max(0, state.now - Number.parseInt(control.id)))
  return [
    `Namespace ${namespace}, config ${control.hash} since ${since}, control log at ${control.id},`,
    `published by ${tail(control.by)}.`,
    '',
    workersTable(state, names),
    partitionsTable(partitions, names),
    streamsTable(partitions),
    ahead(partitions),
    holes(partitions),
    failing(partitions),
    stalled(partitions),
    shortMemory(partitions),
    tooManyGroups(partitions),
  ].join('\n')
}

/** The end of a path says more than its start. */
function tail(text: string): string {
  return text.length > 60 ? `…${text.slice(-59)}` : text
}

function workersTable(state: EngineState, names: ReadonlyMap<string, string>): string {
  if (state.workers.length === 0) return 'No worker is alive.\n'
  const rows = state.workers.map(({ id, live, seenAgo, partitions }) => [
    names.get(id)!,
    id,
    live ? 'alive' : 'silent',
    age(seenAgo),
    String(partitions),
  ])
  return table(['', 'worker', 'is', 'seen ago', 'partitions'], rows)
}

/** `owner`: worker and epoch. A lease that has run out, or an owner nobody has heard of, shows as such. */
function partitionsTable(partitions: readonly PartitionState[], names: ReadonlyMap<string, string>): string {
  const rows = partitions.map(({ stream, partition, owner, leaseLeft, lag, snapshot, ...rest }) => [
    `${stream}.${partition}`,
    owner === null ? '-' : `${names.get(owner.worker) ?? 'gone'}:${owner.epoch}`,
    leaseLeft === 0 ? 'none' : age(leaseLeft),
    rest.position,
    waiting(lag),
    rest.committedAge === null ? '-' : age(rest.committedAge),
    snapshot === null ? '-' : `#${snapshot.round} ${age(snapshot.age)} ${bytes(snapshot.bytes)}`,
    `${count(rest.pend)}/${count(rest.outbox)}`,
    bytes(rest.bytes.log),
  ])
  const head = [
    'partition',
    'owner',
    'lease',
    'position',
    'lag e/ev',
    'commit',
    'snapshot',
    'pend/out',
    'log',
  ]
  return table(head, rows)
}

/** Entries, and events in them. */
function waiting({ entries, events, atLeast }: PartitionState['lag']): string {
  if (entries === 0) return '0'
  return `${count(entries)}/${atLeast ? '≥' : ''}${count(events)}`
}

function streamsTable(partitions: readonly PartitionState[]): string {
  const rows = totals(partitions).map((sum) => [
    sum.stream,
    String(sum.partitions),
    waiting(sum.lag),
    ...[sum.counted, sum.duplicate, sum.late, sum.dead, sum.missing, sum.groups].map(count),
    bytes(sum.log),
    bytes(sum.snapshot),
    bytes(sum.view),
  ])
  const counts = ['counted', 'dup', 'late', 'dead', 'missing', 'groups']
  return table(['stream', 'parts', 'lag e/ev', ...counts, 'log', 'snap', 'view'], rows)
}

export interface StreamTotal {
  stream: string
  partitions: number
  lag: PartitionState['lag']
  counted: number
  duplicate: number
  late: number
  dead: number
  missing: number
  groups: number
  /** Bytes. */
  log: number
  snapshot: number
  view: number
}

/** One line per stream, in the order in which they come. */
export function totals(partitions: readonly PartitionState[]): StreamTotal[] {
  const sums = new Map<string, StreamTotal>()
  for (const one of partitions) {
    const sum = sums.get(one.stream) ?? emptyTotal(one.stream)
    sums.set(one.stream, sum)
    sum.partitions++
    sum.lag.entries += one.lag.entries
    sum.lag.events += one.lag.events
    sum.lag.atLeast ||= one.lag.atLeast
    for (const name of ['counted', 'duplicate', 'late', 'dead', 'missing'] as const)
      sum[name] += one.counts[name]
    for (const name of ['log', 'snapshot', 'view'] as const) sum[name] += one.bytes[name]
    sum.groups += one.groups
  }
  return [...sums.values()]
}

function emptyTotal(stream: string): StreamTotal {
  const lag = { entries: 0, events: 0, atLeast: false }
  const counts = { counted: 0, duplicate: 0, late: 0, dead: 0, missing: 0, groups: 0 }
  return { stream, partitions: 0, lag, ...counts, log: 0, snapshot: 0, view: 0 }
}

/** Rules that see nothing, whatever happens. */
function failing(partitions: readonly PartitionState[]): string {
  const rules = new Set(partitions.flatMap((one) => one.failing))
  return [...rules]
    .map(
      (rule) => `Rule ${rule}: it cannot be judged, so it neither fires nor resolves. Mend or remove it.\n`,
    )
    .join('')
}

/** Entries nobody will ever count. */
function holes(partitions: readonly PartitionState[]): string {
  return partitions
    .filter((one) => one.holes > 0)
    .map(
      (one) =>
        `${count(one.holes)} entries of ${one.stream}.${one.partition} were trimmed or deleted before they were read: ` +
        'their events are not counted.\n',
    )
    .join('')
}

/** Logs whose time means nothing. */
function ahead(partitions: readonly PartitionState[]): string {
  return partitions
    .filter((one) => one.ahead > 0)
    .map(
      (one) =>
        `The log of ${one.stream}.${one.partition} is ${age(one.ahead)} ahead of the server's clock: its rules are unknown. ` +
        'See "A log ahead of the clock" in docs/operations.md.\n',
    )
    .join('')
}

/** What needs somebody to look at it. */
function stalled(partitions: readonly PartitionState[]): string {
  const free = partitions.filter(({ leaseLeft }) => leaseLeft === 0).length
  if (free === 0) return ''
  return `${free} of ${partitions.length} partitions have no owner: is an engine running, and what does its log say?\n`
}

/** Where more events with an id come in a day than are remembered. */
function shortMemory(partitions: readonly PartitionState[]): string {
  const short = partitions.filter(({ idSpan }) => idSpan !== null)
  if (short.length === 0) return ''
  const least = Math.min(...short.map(({ idSpan }) => idSpan!))
  return `${short.length} of ${partitions.length} partitions remember the ids of events for less than a day (at least ${age(least)}).\n`
}

/** Where metrics have more groups than are told apart. */
function tooManyGroups(partitions: readonly PartitionState[]): string {
  const full = partitions.filter(({ other }) => other > 0)
  if (full.length === 0) return ''
  const events = full.reduce((sum, { other }) => sum + other, 0)
  const streams = [...new Set(full.map(({ stream }) => stream))].join(', ')
  return `${full.length} of ${partitions.length} partitions (${streams}) counted ${count(events)} events under __other__: a metric has more than 30,000 groups there.\n`
}
