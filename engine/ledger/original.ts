/** The whole row of a letter that was cut at 4 KB, as long as the log still has the entry it came in. */
import type { Redis } from 'ioredis'
import type { CompiledStream } from '../config/compiled.ts'
import { rowOf } from '../event/column-check.ts'
import { decode } from '../event/decode.ts'
import { MAX_EVENT_BYTES } from '../event/entry.ts'
import { flatRow } from '../event/flat.ts'
import { textOf } from '../event/rejected.ts'
import type { Letter } from './letter.ts'

/** The row as JSON; null where it is gone, was never more than text, or is larger than an event may be. */
export async function originalOf(
  redis: Redis,
  log: string,
  stream: CompiledStream,
  { entry: id, row }: Letter,
): Promise<string | null> {
  if (!/^\d+-\d+$/.test(id)) return null
  const [found] = await redis.xrange(log, id, id)
  if (found === undefined) return null
  const entry = decode(...found)
  if (entry.kind === 'flat') return bounded(flatRow(stream, entry.fields.strings()))
  return entry.kind === 'batch' && row < entry.n ? bounded(rowOf(entry.columns, row)) : null
}

function bounded(row: Record<string, unknown>): string | null {
  const json = textOf(row)
  return Buffer.byteLength(json) > MAX_EVENT_BYTES ? null : json
}
