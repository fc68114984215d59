/**
 * What people want to see with a change of verdict: the newest matching events, the cause, the sentence. The fold
 * only remembers where those events stand. Entries come from whoever holds the log; which of them belong to a
 * change is decided here, by the log alone, so that live, a replay and a simulation show the same.
 */
import type { CompiledMetric, CompiledStream } from '../config/compiled.ts'
import { boundsTrouble } from '../event/bounds.ts'
import { rowOf } from '../event/column-check.ts'
import type { Columns, Entry } from '../event/entry.ts'
import { flatRow } from '../event/flat.ts'
import { compileWhere } from '../rule/where.ts'
import type { Evidence } from '../rule/verdict.ts'
import { groupKey, groupLabels } from '../window/group-key.ts'
import type { AlertRow } from './row.ts'
import { alertBy, causeOf, sentence, type Told } from './sentence.ts'

/** Entries named by the changes of one look, and entries with events before the newest of these. */
export const MAX_NAMED = 70
export const LOOK_BACK = 30
/** Samples per alert, and their bytes. */
const MAX_SAMPLES = 20
const MAX_SAMPLE_BYTES = 8192
const NO_LIMITS: Map<string, number> = new Map()

/** Where an entry stands in its log. */
export interface Place {
  ms: number
  seq: number
}

/** The changes that one look at a partition told. A look is never parted by a commit, so its evidence is not either. */
export interface Look {
  /** Entries that hold the newest matching event of a change, newest first, at most MAX_NAMED. */
  named: Place[]
}

type Row = Record<string, unknown>

/** Looks of some changes by their event time; a change that is no news to anybody needs no evidence. */
export function looksOf(told: readonly Told[]): Map<number, Look> {
  const looks = new Map<number, Place[]>()
  for (const { change } of told) {
    if (!shown(change) || change.evidence === null) continue
    const named = looks.get(change.at)
    if (named === undefined) looks.set(change.at, [change.evidence])
    else named.push(change.evidence)
  }
  return new Map([...looks].map(([at, named]) => [at, { named: newest(named) }]))
}

/** `entries`: of a look, newest first; those named, and the LOOK_BACK entries with events up to the newest named. */
export function alertRows(
  told: readonly Told[],
  stream: CompiledStream,
  partition: number,
  entries: (at: number) => readonly Entry[],
): AlertRow[] {
  const index = new SampleIndex(stream)
  return told.map((one) => {
    const { change, metric } = one
    const evidence = shown(change) ? change.evidence : null
    const samples =
      evidence === null ? [] : index.samples(metric, alertBy(one), change.group, evidence, entries(change.at))
    return alertRow(one, stream, partition, samples)
  })
}

/** Indices of `told` by the partition whose log holds their evidence; `own` where nothing else is said. */
export function bySource(told: readonly Told[], own: number): Map<number, number[]> {
  const sources = new Map<number, number[]>()
  for (const [i, { change }] of told.entries()) {
    const source = change.evidence?.partition ?? own
    const indices = sources.get(source)
    if (indices === undefined) sources.set(source, [i])
    else indices.push(i)
  }
  return sources
}

/** Newest first. */
export function comparePlaces(a: Place, b: Place): number {
  return b.ms - a.ms || b.seq - a.seq
}

export function placeOf(id: string): Place {
  const dash = id.indexOf('-')
  return { ms: Number(id.slice(0, dash)), seq: Number(id.slice(dash + 1)) }
}

/** An alert that ends or cannot be seen keeps what it showed. */
function shown({ verdict }: { verdict: string }): boolean {
  return verdict === 'pending' || verdict === 'firing'
}

function newest(named: Place[]): Place[] {
  const distinct = new Map(named.map((place) => [`${place.ms}-${place.seq}`, place]))
  return [...distinct.values()].sort(comparePlaces).slice(0, MAX_NAMED)
}

/** Which rows of an entry count for which group: found once per entry and metric, however many changes ask. */
class SampleIndex {
  private readonly stream: CompiledStream
  /** By metric, and by the fields that alerts are named by. */
  private readonly rows = new Map<string, Map<Entry, Map<string, number[]>>>()
  private readonly columns = new Map<Entry, { place: Place; columns: Columns; n: number }>()

  constructor(stream: CompiledStream) {
    this.stream = stream
  }

  /** Newest first, none newer than `upTo`. */
  samples(
    metric: CompiledMetric,
    by: readonly string[],
    group: string,
    upTo: Evidence,
    entries: readonly Entry[],
  ): Row[] {
    const samples: Row[] = []
    let bytes = 0
    for (const entry of entries) {
      const { place, columns } = this.read(entry)
      const age = comparePlaces(place, upTo)
      if (age < 0) continue
      for (const row of this.groups(metric, by, entry).get(group) ?? []) {
        if (age === 0 && row > upTo.row) continue
        const sample = rowOf(columns, row)
        // A batch may carry more than its stream declares: what is out of all bounds is not shown.
        if (boundsTrouble(sample, NO_LIMITS) !== null) continue
        bytes += JSON.stringify(sample).length
        if (bytes > MAX_SAMPLE_BYTES) return samples
        if (samples.push(sample) === MAX_SAMPLES) return samples
      }
    }
    return samples
  }

  private read(entry: Entry): { place: Place; columns: Columns; n: number } {
    const known = this.columns.get(entry)
    if (known !== undefined) return known
    const read = { place: placeOf(entry.id), ...columnsOf(entry, this.stream) }
    this.columns.set(entry, read)
    return read
  }

  private groups(metric: CompiledMetric, by: readonly string[], entry: Entry): Map<string, number[]> {
    const name = [metric.name, ...by].join()
    let entries = this.rows.get(name)
    if (entries === undefined) this.rows.set(name, (entries = new Map()))
    let groups = entries.get(entry)
    if (groups !== undefined) return groups
    entries.set(entry, (groups = new Map()))
    const [where, among] = [compileWhere(metric.where), compileWhere(metric.among ?? null)]
    const { columns, n } = this.read(entry)
    for (let row = n - 1; row >= 0; row--) {
      if (where !== null && !where(columns, row)) continue
      if (among !== null && !among(columns, row)) continue
      const key = groupKey(by.map((field) => columns[field]?.[row]))
      const rows = groups.get(key)
      if (rows === undefined) groups.set(key, [row])
      else rows.push(row)
    }
    return groups
  }
}

function columnsOf(entry: Entry, stream: CompiledStream): { columns: Columns; n: number } {
  if (entry.kind === 'batch') return { columns: entry.columns, n: entry.n }
  if (entry.kind !== 'flat') return { columns: {}, n: 0 }
  const row = Object.entries(flatRow(stream, entry.fields.strings()))
  return { columns: Object.fromEntries(row.map(([name, value]) => [name, [value]])), n: 1 }
}

function alertRow(one: Told, stream: CompiledStream, partition: number, samples: Row[]): AlertRow {
  const { change, rule, metric } = one
  const newest = samples[0] ?? null
  const last = change.evidence ? `${change.evidence.ms}-${change.evidence.seq}` : null
  return {
    at: change.at,
    rule: rule.id,
    kind: rule.kind,
    severity: rule.severity,
    metric: metric.name,
    stat: rule.stat,
    unit: metric.unit,
    stream: stream.merges ?? stream.name,
    group: groupLabels(alertBy(one), change.group),
    ...(change.about && { about: change.about }),
    verdict: change.verdict,
    reason: change.reason,
    since: change.since,
    value: change.value,
    normal: change.normal,
    window: { name: rule.window, from: change.from, to: change.to },
    sentence: sentence(one, newest),
    cause: causeOf(newest),
    evidence: { partition, from: null, to: last, samples },
    spark: change.spark,
    notify: rule.notify,
  }
}
