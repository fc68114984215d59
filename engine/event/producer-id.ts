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
