/** One account: what became of the rows that one producer numbered in one minute, as far as a partition knows. */

/** In the order in which they are stored. */
export const COLUMNS = [
  'produced',
  'counted',
  'duplicate',
  'late',
  'dead',
  'forwarded',
  'missing',
  'inFlight',
] as const
export type Column = (typeof COLUMNS)[number]
/**
 * Rows by fate. `produced`, rows as often as they were sent, is the sum of all others. `missing`: later rows of the
 * producer are here, these are not. `inFlight`: it has said that it numbered them, and nothing later is here.
 */
export type Totals = Record<Column, number>

export const noTotals = (): Totals => ({
  produced: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  dead: 0,
  forwarded: 0,
  missing: 0,
  inFlight: 0,
})

export interface Account {
  /** Start of the minute, ms. */
  readonly minute: number
  /** Its numbers end before this one, and begin where those of the minute before it end. */
  end: number
  /** Lowest of its numbers that is here; Infinity before the first. */
  first: number
  /** How many of its numbers are here. */
  came: number
  /** Rows beyond those: flat events, resent ones, refused ones, and those whose number is no longer known. */
  extra: number
  /** Missing rows of accounts that were merged into this one; part of `extra`. */
  gone: number
  counted: number
  duplicate: number
  late: number
  dead: number
  forwarded: number
  /** What watchers have been told so far. */
  told: Totals
}

export function newAccount(minute: number, end: number): Account {
  return {
    minute,
    end,
    first: Number.POSITIVE_INFINITY,
    came: 0,
    extra: 0,
    gone: 0,
    counted: 0,
    duplicate: 0,
    late: 0,
    dead: 0,
    forwarded: 0,
    told: noTotals(),
  }
}

/** `start`: where its numbers begin. `top`: the number after the highest one that is here. */
export function totalsOf(account: Account, start: number, top: number): Totals {
  const { end, came, extra, gone, counted, duplicate, late, dead, forwarded } = account
  const inFlight = Math.max(0, end - Math.max(start, top))
  return {
    produced: end - start + extra,
    counted,
    duplicate,
    late,
    dead,
    forwarded,
    missing: end - start - came - inFlight + gone,
    inFlight,
  }
}

/** Adds `more`, `sign` times. */
export function addTotals(to: Totals, more: Totals, sign = 1): void {
  for (const column of COLUMNS) to[column] += sign * more[column]
}

export function isZero(totals: Totals): boolean {
  return COLUMNS.every((column) => totals[column] === 0)
}

/** As numbers in the order of COLUMNS: how it is stored. */
export function packTotals(totals: Totals): number[] {
  return COLUMNS.map((column) => totals[column])
}

export function unpackTotals(numbers: readonly number[]): Totals {
  return Object.fromEntries(COLUMNS.map((column, i) => [column, numbers[i]!])) as Totals
}
