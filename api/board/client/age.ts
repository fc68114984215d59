/** Ages as people say them: "14 s", "4 min", "3 h", "2 d". */

const STEPS: [below: number, size: number, unit: string][] = [
  [90_000, 1000, 's'],
  [90 * 60_000, 60_000, 'min'],
  [36 * 3_600_000, 3_600_000, 'h'],
  [Infinity, 86_400_000, 'd'],
]

/** `ms` rounded down, at least one second: a clock that runs behind makes no negative ages. */
export function age(ms: number): string {
  const size = Number.isFinite(ms) ? Math.max(1000, ms) : 1000
  const [, step, unit] = STEPS.find(([below]) => size < below) ?? STEPS[3]!
  return `${Math.floor(size / step)} ${unit}`
}
