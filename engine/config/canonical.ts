/** Canonical JSON and short hashes of plain data: equal data, equal text, whatever order it was built in. */
import { createHash } from 'node:crypto'

/** JSON with the keys of every object sorted; keys that are undefined are left out. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) =>
    held !== null && typeof held === 'object' && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  )
}

/** First 12 hex digits of the SHA-256 of the canonical JSON: 48 bits, plenty for the versions of one config. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 12)
}
