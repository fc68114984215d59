/**
 * Adds to a change of verdict what people want to see: the newest matching events, the cause, the sentence. The
 * fold only remembers where those events stand; here, before the commit, the shell reads them from the log.
 */
import type { Redis } from 'ioredis'
import type { AlertRow } from '../alert/row.ts'
import { causeOf, sentence } from '../alert/sentence.ts'
import { rowOf } from '../event/column-check.ts'
import { decode } from '../event/decode.ts'
import type { Entry } from '../event/entry.ts'
import { flatRow } from '../event/flat.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { compileWhere } from '../rule/where.ts'
import { groupKey, groupLabels } from '../window/group-key.ts'
import type { Told } from './folding.ts'

/** Entries looked through for further samples, samples per alert, bytes of samples per alert. */
const LOOK_BACK = 30
const MAX_SAMPLES = 20
const MAX_SAMPLE_BYTES = 8192

export async function withEvidence(
  redis: Redis,
  log: string,
  partition: number,
  stream: CompiledStream,
  told: Told[],
): Promise<AlertRow[]> {
  if (told.length === 0) return []
  const entries = await readEvidence(redis, log, told)
  return told.map((one) => alertRow(one, stream, partition, samplesOf(one, stream, entries)))
}

/** Newest first: the entries named by the changes, and a few before them. */
async function readEvidence(redis: Redis, log: string, told: Told[]): Promise<Entry[]> {
  const pipeline = redis.pipeline()
  const ids = new Set(
    told.flatMap(({ change }) => (change.evidence ? [`${change.evidence.ms}-${change.evidence.seq}`] : [])),
  )
  for (const id of ids) pipeline.xrange(log, id, id)
  const newest = [...ids].sort((a, b) => Number.parseInt(b) - Number.parseInt(a))[0]
  if (newest === undefined) return []
  pipeline.xrevrange(log, newest, '-', 'COUNT', LOOK_BACK)
  const found = new Map<string, Entry>()
  for (const [error, reply] of (await pipeline.exec()) ?? []) {
    if (error) throw error
    for (const [id, fields] of reply as [string, string[]][]) found.set(id, decode(id, fields))
  }
  return [...found.values()].sort((a, b) => b.ms - a.ms)
}

function samplesOf(
  { change, metric }: Told,
  stream: CompiledStream,
  entries: Entry[],
): Record<string, unknown>[] {
  const where = compileWhere(metric.where)
  const samples: Record<string, unknown>[] = []
  let bytes = 0
  for (const entry of entries) {
    const rows = rowsOf(entry, stream)
    for (let i = rows.length - 1; i >= 0 && samples.length < MAX_SAMPLES; i--) {
      const row = rows[i]!
      if (groupKey(metric.by.map((field) => row[field])) !== change.group) continue
      const columns = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]]))
      if (where !== null && !where(columns, 0)) continue
      bytes += JSON.stringify(row).length
      if (bytes > MAX_SAMPLE_BYTES) return samples
      samples.push(row)
    }
  }
  return samples
}

function rowsOf(entry: Entry, stream: CompiledStream): Record<string, unknown>[] {
  if (entry.kind === 'batch') return Array.from({ length: entry.n }, (_, i) => rowOf(entry.columns, i))
  return entry.kind === 'flat' ? [flatRow(stream, entry.fields)] : []
}

function alertRow(
  one: Told,
  stream: CompiledStream,
  partition: number,
  samples: Record<string, unknown>[],
): AlertRow {
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
