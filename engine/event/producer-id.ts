/** Producer ids `name~startMs~nonce`: the engine forgets them by the time they hold. */

/** The part people read, cleaned to what is safe in logs and keys. */
export function cleanName(name: string): string {
  const clean = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .slice(0, 64)
  return clean === '' ? 'producer' : clean
}

/** A fresh id. `startMs` is the wall clock at the start, `random` a source in 0 … 1. */
export function producerId(name: string, startMs: number, random: () => number): string {
  const nonce = Array.from({ length: 12 }, () => Math.floor(random() * 36).toString(36)).join('')
  return `${cleanName(name)}~${startMs}~${nonce}`
}

/** Well within the time after which the engine refuses a producer it does not remember (a day). ms */
const RENEW_AFTER = 12 * 3_600_000

/**
 * The id of a producer that lives for long, given anew every 12 h: an engine that lost its memory (an emptied
 * Redis) refuses numbers above 0 of an id that began over a day ago, as it cannot tell them from a resend.
 * `earlier`: the id of an earlier life that goes on.
 */
export function renewedId(
  name: string,
  now: () => number,
  random: () => number,
  earlier: string | null = null,
): () => string {
  let began = earlier === null ? now() : startOf(earlier)
  let id = earlier ?? producerId(name, began, random)
  return () => {
    if (now() - began < RENEW_AFTER) return id
    began = now()
    return (id = producerId(name, began, random))
  }
}

/** Wall clock at the start of a producer, ms; 0 where its id does not say. */
export function startOf(id: string): number {
  const ms = Number(id.split('~')[1])
  return Number.isSafeInteger(ms) ? ms : 0
}
