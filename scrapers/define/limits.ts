/** What a scraper promises its site: how often, how many at once, how many an hour. */
import { milliseconds } from './duration.ts'
import { refuse } from './refuse.ts'

/** Limits are those of the site: all visits count, whichever scraper and process makes them. */
export interface Limits {
  /** What they are counted for: the host, or a name that several hosts share. */
  site: string
  /** Shortest time between two visits, ms. */
  minDelay: number
  /** Visits at the same time; 0: any number. */
  concurrency: number
  /** Visits in any hour; 0: any number. */
  budget: number
  /** Whether its robots.txt is asked. */
  robots: boolean
}

export interface LimitOptions {
  /** Shortest time between two visits of the site, such as `2s`. */
  minDelay?: string
  /** The same as so many visits in a second, minute or hour, evenly spread: `20/s`, `30/m`, `100/h`. */
  rate?: string
  /** Visits of the site at the same time; default: any number. */
  concurrency?: number
  /** Visits of the site in any hour, however they are spread: `200/h`; default: any number. */
  budget?: string
  /** Several hosts that belong together share their limits under one name; default: the host. */
  site?: string
  /**
   * Whether robots.txt is asked. Default: of public sites, not on your own machine or network. `ignore: <why>` where you
   * have the owner's permission, with a word on it, such as `ignore: contract 4711 with North Bank`.
   */
  robots?: 'obey' | `ignore: ${string}`
}

/** A rate is kept where the visits arrive, and some take longer on their way than others. */
const KEPT_BACK = 1.05

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }

/** Throws WEIR_CONFIG naming the field that is wrong. */
export function limitsOf(options: LimitOptions, host: string, isPublic: boolean, where: string): Limits {
  const minDelay = milliseconds(options.minDelay ?? '0s', `${where}, field minDelay`)
  const rate = options.rate === undefined ? null : perTime(options.rate, 'smh', `${where}, field rate`)
  return {
    site: options.site === undefined ? host : siteName(options.site, `${where}, field site`),
    minDelay: Math.max(minDelay, rate === null ? 0 : (rate.ms / rate.count) * KEPT_BACK),
    concurrency: options.concurrency === undefined ? 0 : atOnce(options.concurrency, where),
    robots: options.robots === undefined ? isPublic : asksRobots(options.robots, `${where}, field robots`),
    budget: options.budget === undefined ? 0 : perTime(options.budget, 'h', `${where}, field budget`).count,
  }
}

function perTime(text: string, units: string, where: string): { count: number; ms: number } {
  const [, number = '', unit = ''] = /^(\d{1,6})\/([smh])$/.exec(text) ?? []
  const count = Number(number)
  if (count > 0 && units.includes(unit)) return { count, ms: UNIT_MS[unit]! }
  const example = units === 'h' ? '"200/h"' : '"20/s", "30/m" or "100/h"'
  throw refuse(where, `"${text}" is no number of visits per time.`, `Write ${example}.`)
}

function atOnce(count: number, where: string): number {
  if (Number.isSafeInteger(count) && count > 0 && count <= 10_000) return count
  throw refuse(`${where}, field concurrency`, `${count} visits at once make no sense.`, 'Give 1 to 10000.')
}

function asksRobots(text: string, where: string): boolean {
  if (text === 'obey') return true
  if (/^ignore: *\S.{2,}$/s.test(text)) return false
  throw refuse(
    where,
    `"${text}" is neither "obey" nor a permission.`,
    'Write "obey", or whose permission you have, such as "ignore: contract 4711 with North Bank".',
  )
}

function siteName(text: string, where: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}.:_-]{0,199}$/u.test(text)) return text
  throw refuse(
    where,
    `"${text}" is not a usable name.`,
    'Use letters, digits, ".", ":", "_" and "-", such as "example.com".',
  )
}
