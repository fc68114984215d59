/** Makes the dead letter of a row: its reason, its origin, and a bounded piece of what it was. */
import { MAX_DEAD_BYTES, type Rejected } from './entry.ts'

const MAX_REASON = 500
const MAX_ORIGIN = 200

/** A dead letter and its bytes as JSON, with the comma that parts it from the next. */
export interface DeadRow {
  row: Rejected
  bytes: number
}

export function rejected(raw: unknown, reason: string, origin: string): DeadRow {
  const row = {
    reason: reason.slice(0, MAX_REASON),
    origin: origin.slice(0, MAX_ORIGIN),
    raw: cutBytes(typeof raw === 'string' ? raw : textOf(raw), MAX_DEAD_BYTES),
  }
  return { row, bytes: Buffer.byteLength(JSON.stringify(row)) + 1 }
}

/** The longest start of a text that is at most `most` bytes of UTF-8 and ends with a whole character. */
export function cutBytes(text: string, most: number): string {
  // No character is less than a byte: what is longer than that need not be encoded.
  const start = text.slice(0, most)
  const bytes = Buffer.from(start)
  if (bytes.length <= most) return start
  let end = most
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** Any row as text, whatever it holds. */
export function textOf(row: unknown): string {
  try {
    return JSON.stringify(row) ?? String(row)
  } catch {
    // Cycles, bigints, depth beyond the stack: the reason has to do.
    return '(not JSON)'
  }
}
