/** A dead or late row as people see it: what it was, why it was not counted, and an id to name it by. Pure. */
import type { LostRow } from '../commit/folding.ts'
import { MAX_DEAD_BYTES } from '../event/entry.ts'

/** `dead`: could not be read as an event. `late`: an event of a time that was closed already. */
export type LetterKind = 'dead' | 'late'

export interface Letter {
  /** `<kind>-<partition>-<id in the ledger>`, such as `dead-3-1700000000000-0`. */
  id: string
  kind: LetterKind
  partition: number
  /** Server time of the commit that recorded it, ms. */
  at: number
  /** Log id of the entry it came in, and its place in that entry. */
  entry: string
  row: number
  /** Producer id; empty for flat entries. */
  from: string
  /** Where it came from as the producer said it, such as `line 17`. */
  origin: string
  reason: string
  /** The first 4 KB of what it was. Hostile text: escape it before it meets a terminal or a page. */
  raw: string
}

/** A letter's place: the ledger of which partition, and its id there. */
export interface Place {
  kind: LetterKind
  partition: number
  key: string
}

const ID = /^(dead|late)-(\d{1,6})-(\d{1,15}-\d{1,15})$/
const MAX_WORDS = 500

export function letterId({ kind, partition, key }: Place): string {
  return `${kind}-${partition}-${key}`
}

/** Null for what is no id of a letter. */
export function placeOf(id: string): Place | null {
  const [, kind, partition, key] = ID.exec(id) ?? []
  if (kind === undefined || key === undefined) return null
  return { kind: kind as LetterKind, partition: Number(partition), key }
}

/** Reads a row as it stands in the ledger; what is unreadable there is a letter that says so. */
export function readLetter(place: Place, json: string): Letter {
  const lost = parse(json)
  return {
    id: letterId(place),
    kind: place.kind,
    partition: place.partition,
    at: Number.parseInt(place.key),
    entry: text(lost?.id, 40),
    row: Number.isSafeInteger(lost?.row) ? lost!.row! : 0,
    from: text(lost?.from, MAX_WORDS),
    origin: text(lost?.origin, MAX_WORDS),
    reason: lost === null ? 'this line of the ledger is unreadable' : text(lost.reason, MAX_WORDS),
    raw: text(lost === null ? json : lost.raw, MAX_DEAD_BYTES),
  }
}

/**
 * Producer id under which a letter is sent again. It names the row by its place in the log, so that the second
 * replay of the same row is a duplicate; its start time lets the engine forget it like any other producer.
 */
export function replayId({ kind, partition, entry, row }: Letter): string {
  return `replay~${Number.parseInt(entry)}~${kind}-${partition}-${entry}-${row}`
}

function parse(json: string): Partial<LostRow> | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

function text(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : ''
}
