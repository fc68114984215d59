/** Entries that somebody trimmed or deleted before they were read. Their events are gone; their number is known. */

/**
 * How many entries up to `off` were never read: at the end of the log, all that were ever written and are not among
 * the `n` read. Elsewhere nobody can tell yet, and the answer is 0.
 */
export function neverRead(
  { off, n }: { off: string; n: number },
  log: { last: string; added: number },
): number {
  return log.last === off ? Math.max(0, log.added - n) : 0
}
