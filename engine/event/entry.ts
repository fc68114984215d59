/**
 * The entries of a partition log, as they stand in Redis. An entry whose first field is `weir` is ours and
 * names its kind and version; anything else is one event as flat fields, written by any client.
 *
 *   weir batch/1   from <producer> seq <first> n <rows> schema <version> minute <ms> cols <JSON columns>
 *   weir reject/1  from <producer> seq <first> n <rows> minute <ms> rows <JSON array of Rejected>
 *   weir partial/1 from <shipper> seq <number> control <control log id> gains <JSON, see exchange/message.ts>
 *   weir beat/1    from <producer> minutes <JSON [[minute, rows numbered by its end], …]>
 *   weir control/1 id <control log id>
 *   weir tick/1    by <token>
 *   weir clock/1   is <ahead or right> at <server ms>
 *
 * `seq` counts rows contiguously per producer and partition, rejected rows included. `minute` is fixed by the
 * producer: start of the wall-clock minute in which it was given the rows, never two minutes in one entry. 0, and none
 * at all in old logs, means that it does not say. A beat says how many rows a producer has numbered, sent or not.
 */

import type { PartialMessage } from '../exchange/message.ts'
import type { Texts } from './texts.ts'

/** Optional fields any event may carry without declaring them; a schema that declares one must say string. */
export const ENVELOPE = ['user', 'trace', 'instance', 'region'] as const
/**
 * Optional too: what tells an event from every other of its stream. One that was counted is not counted again. A
 * schema that declares this field means something of its own by it, and nothing is made of it.
 */
export const EVENT_ID = 'id'
/** Field that an event may not have: it marks our own entries. */
export const RESERVED_FIELD = 'weir'

/** A row that never became an event: why, where it came from, and at most 4 KB of what it was. */
export interface Rejected {
  reason: string
  origin: string
  raw: string
}

/** One array per field, all of length n; null where an optional field is absent. */
export type Columns = Record<string, unknown[]>

export type Entry = { id: string; /** Log time: the ms part of the id. */ ms: number } & (
  | { kind: 'batch'; from: string; seq: number; n: number; schema: string; minute: number; columns: Columns }
  | { kind: 'reject'; from: string; seq: number; n: number; minute: number; rows: Rejected[] }
  | { kind: 'partial'; from: string; seq: number; control: string; message: PartialMessage }
  | { kind: 'beat'; from: string; minutes: [minute: number, upTo: number][] }
  | { kind: 'flat'; fields: Texts }
  | { kind: 'control'; control: string }
  | { kind: 'tick' }
  /** The owner's word on the log's clock; `at`: server time, ms. */
  | { kind: 'clock'; ahead: boolean; at: number }
  /** Ours by its first field, but unreadable: dead, with the reason. */
  | { kind: 'broken'; reason: string; raw: string }
)

/** Limits of one batch entry: rows, and bytes of its columns. */
export const MAX_BATCH_ROWS = 500
export const MAX_BATCH_BYTES = 64 * 1024
/** Minutes one beat tells of. */
export const MAX_BEAT_MINUTES = 120
/** Longest single event accepted, bytes of JSON. */
export const MAX_EVENT_BYTES = 32 * 1024
/** What is kept of a dead or late row. */
export const MAX_DEAD_BYTES = 4096

export function batchFields(
  from: string,
  seq: number,
  n: number,
  schema: string,
  minute: number,
  columns: string,
): string[] {
  return [
    'weir',
    'batch/1',
    'from',
    from,
    'seq',
    String(seq),
    'n',
    String(n),
    'schema',
    schema,
    'minute',
    String(minute),
    'cols',
    columns,
  ]
}

export function partialFields(from: string, seq: number, control: string, gains: string): string[] {
  return ['weir', 'partial/1', 'from', from, 'seq', String(seq), 'control', control, 'gains', gains]
}

export function rejectFields(from: string, seq: number, minute: number, rows: Rejected[]): string[] {
  return [
    'weir',
    'reject/1',
    'from',
    from,
    'seq',
    String(seq),
    'n',
    String(rows.length),
    'minute',
    String(minute),
    'rows',
    JSON.stringify(rows),
  ]
}

/** `minutes`: at most MAX_BEAT_MINUTES, oldest first. */
export function beatFields(from: string, minutes: readonly (readonly [number, number])[]): string[] {
  return ['weir', 'beat/1', 'from', from, 'minutes', JSON.stringify(minutes)]
}
