/**
 * Adds to a change of verdict what people want to see: the newest matching events, the cause, the sentence. The
 * fold only remembers where those events stand; here, before the commit, the shell reads them from the log.
 */
import type { Redis } from 'ioredis'
import type { AlertRow } from '../alert/row.ts'
import { causeOf, sentence } from '../alert/sentence.ts'
import { boundsTrouble } from '../event/bounds.ts'
import { rowOf } from '../event/column-check.ts'
import { decode } from '../event/decode.ts'
import type { Entry } from '../event/entry.ts'
import { flatRow } from '../event/flat.ts'
import type { CompiledMetric, CompiledStream } from '../config/compiled.ts'
import { compareIds } from '../stream/read-log.ts'
import { compileWhere } from '../rule/where.ts'
import { groupKey, groupLabels } from '../window/group-key.ts'
import type { Told } from './folding.ts'

/** Entries read for one commit: those named by changes, and some before the newest; each is at most 64 KB. */
const MAX_ENTRIES = 100
const LOOK_BACK = 30
/** Samples per alert, and their bytes. */
const MAX_SAMPLES = 20
const MAX_SAMPLE_BYTES = 8192
const NO_LIMITS: Map<string, number> = new Map()

type Row = Record<string, unknown>

export async function withEvidence(
  redis: Redis,
  log: string,
  partition: number,
  stream: CompiledStream,
  told: Told[],
): Promise<AlertRow[]> {
  if (told.length === 0) return []
  const rows = (await readEvidence(redis, log, told)).flatMap((entry) => rowsOf(entry, stream))
  const byMetric = new Map<CompiledMetric, Map<string, Row[]>>()
  return told.map((one) => {
    const samples = byMetric.get(one.metric) ?? samplesByGroup(rows, one.metric)
    byMetric.set(one.metric, samples)
    return alertRow(one, stream, partition, bounded(samples.get(one.change.group) ?? []))
  })
}

/** Newest first: the entries named by the changes, and a few before them. */
async function readEvidence(redis: Redis, log: string, told: Told[]): Promise<Entry[]> {
  const named = new Set(
    told.flatMap(({ change }) => (change.evidence ? [`${change.evidence.ms}-${change.evidence.seq}`] : [])),
  )
  const ids = [...named].sort((a, b) => compareIds(b, a)).slice(0, MAX_ENTRIES - LOOK_BACK)
  if (ids.length === 0) return []
  const pipeline = redis.pipeline()
  for (const id of ids) pipeline.xrange(log, id, id)
  pipeline.xrevrange(log, ids[0]!, '-', 'COUNT', LOOK_BACK)
  const found = new Map<string, Entry>()
  for (const [error, reply] of (await pipeline.exec()) ?? []) {
    if (error) throw error
    for (const [id, fields] of reply as [string, string[]][]) found.set(id, decode(id, fields))
  }
  return [...found.values()].sort((a, b) => compareIds(b.id, a.id))
}

/** Newest first. A batch may carry more than its stream declares: what is out of all bounds is not shown. */
function rowsOf(entry: Entry, stream: CompiledStream): Row[] {
  const rows =
    entry.kind === 'batch'
      ? Array.from({ length: entry.n }, (_, i) => rowOf(entry.columns, entry.n - 1 - i))
      : entry.kind === 'flat'
        ? [flatRow(stream, entry.fields)]
        : []
  return rows.filter((row) => boundsTrouble(row, NO_LIMITS) === null)
}

/** The newest rows that a metric counts, by group: one pass, however many groups have something to tell. */
function samplesByGroup(rows: Row[], metric: CompiledMetric): Map<string, Row[]> {
  const where = compileWhere(metric.where)
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const columns = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]]))
    if (where !== null && !where(columns, 0)) continue
    const key = groupKey(metric.by.map((field) => row[field]))
    const samples = groups.get(key)
    if (samples === undefined) groups.set(key, [row])
    else if (samples.length < MAX_SAMPLES) samples.push(row)
  }
  return groups
}

function bounded(rows: Row[]): Row[] {
  let bytes = 0
  return rows.filter((row) => (bytes += JSON.stringify(row).length) <= MAX_SAMPLE_BYTES)
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
    stream: stream.name,
    group: groupLabels(metric.by, change.group),
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
