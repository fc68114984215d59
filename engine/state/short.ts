/** Numbers in at most five characters, for tables. Pure. */

/** `850ms`, `4.2s`, `12min`, `3h`, `15d`. */
export function age(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`
  if (ms < 120_000) return `${Math.round(ms / 1000)}s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)}min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)}h`
  return `${Math.round(ms / 86_400_000)}d`
}

/** `0`, `812B`, `4.1kB`, `64MB`; powers of 1000. */
export function bytes(n: number): string {
  return n < 1000 ? (n === 0 ? '0' : `${n}B`) : scaled(n, ['kB', 'MB', 'GB', 'TB'])
}

/** `0` … `9999`, then `10k`, `1.2M`. */
export function count(n: number): string {
  return n < 10_000 ? String(n) : scaled(n, ['k', 'M', 'G', 'T'])
}

function scaled(n: number, units: readonly string[]): string {
  let value = n / 1000
  let unit = 0
  // Rounding up must not give four digits.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${units[unit]}`
}
