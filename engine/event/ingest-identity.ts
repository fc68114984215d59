/**
 * Which producer a file is sent as. The same content gets the same id, so that sending it again, or after a
 * crash midway, only fills what is missing; content that grew continues under its id; any other is new.
 */
import { createHash } from 'node:crypto'
import type { Content, Mark } from './content-mark.ts'

/** What is remembered of a run, written before the first event is sent. */
export interface IngestRecord {
  /** Producer id. It carries no start time, which tells the engine never to forget it. */
  id: string
  /** For people: the file's or the run's name when it was first sent, and when that was, ms. */
  name: string
  at: number
  stream: string
  partitions: number
  /** What its content looked like at the lengths it was sent at, oldest first. Empty for a named run. */
  marks: Mark[]
}

/** Marks kept per record: a file that grew more often is recognised by its newest lengths. */
const MAX_MARKS = 64

export type Decision = 'new' | 'same' | 'grown'

export interface Identity {
  decision: Decision
  /** Name the record is stored under. */
  field: string
  record: IngestRecord
}

export interface IngestTarget {
  stream: string
  partitions: number
}

/** Decides for content. `known` maps stored names to records; `name` and `now` are remembered with a new one. */
export function identifyContent(
  content: Content,
  target: IngestTarget,
  known: ReadonlyMap<string, IngestRecord>,
  name: string,
  now: number,
): Identity {
  const { whole, at } = content
  const mine = [...known].filter(([, { stream, partitions }]) => sameTarget(target, { stream, partitions }))
  for (const [field, record] of mine)
    if (record.marks.some((mark) => equal(mark, whole))) return { decision: 'same', field, record }

  // Only what continues where a record ends: at an earlier mark two files may have parted ways, and the rows
  // of the second would be taken for those of the first. The longest beginning wins.
  const grown = mine
    .filter(([, { marks }]) => marks.length > 0 && at.get(marks.at(-1)!.bytes) === marks.at(-1)!.sha256)
    .sort(([, a], [, b]) => b.marks.at(-1)!.bytes - a.marks.at(-1)!.bytes)[0]
  if (grown !== undefined) {
    const [field, record] = grown
    return {
      decision: 'grown',
      field,
      record: { ...record, marks: [...record.marks, whole].slice(-MAX_MARKS) },
    }
  }

  const field = digest([target.stream, target.partitions, whole.bytes, whole.sha256])
  const marks = whole.bytes > 0 ? [whole] : []
  return { decision: 'new', field, record: { id: `file:${field}`, name, at: now, ...target, marks } }
}

/** Decides for a run that its caller named: whatever the content, it continues that run. */
export function identifyRun(
  run: string,
  target: IngestTarget,
  known: ReadonlyMap<string, IngestRecord>,
  now: number,
): Identity {
  const field = digest([target.stream, target.partitions, 'run', run])
  const record = known.get(field)
  if (record !== undefined) return { decision: 'same', field, record }
  return { decision: 'new', field, record: { id: `run:${field}`, name: run, at: now, ...target, marks: [] } }
}

function sameTarget(a: IngestTarget, b: IngestTarget): boolean {
  return a.stream === b.stream && a.partitions === b.partitions
}

function equal(a: Mark, b: Mark): boolean {
  return a.bytes === b.bytes && a.sha256 === b.sha256
}

function digest(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
