/** Website checks as written: one by one in the config, or thousands in a CSV file. */
import type { Duration } from './duration.ts'
import { callerOf, type Source } from './source.ts'

export interface SiteCheck {
  /** Unique; the `scraper` of its runs. */
  name: string
  url: string
  /** Interval, or a cron expression; default 1m. */
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- the duration documents itself
  every?: Duration | (string & {})
  /** Expected status; default 200. */
  status?: number
  /** The body must match this: the source of a regular expression. */
  match?: string
  /** Default 10s. */
  timeout?: Duration
  /** Label to group by; default `checks`. */
  fleet?: string
  /**
   * Whether robots.txt is asked: of public sites, by default. `ignore: <why>` where you have the owner's permission, with
   * a word on it, such as `ignore: our own site`.
   */
  robots?: 'obey' | `ignore: ${string}`
}

export interface CheckFile {
  readonly kind: 'checks'
  readonly path: string
  readonly source: Source | null
}

/**
 * Declares the checks in a CSV file, relative to the config file. Its first line is the header: `name` and
 * `url`, and any of `every,status,match,timeout,fleet,robots`. An empty cell means the default.
 */
export function fromFile(path: string): CheckFile {
  return { kind: 'checks', path, source: callerOf(fromFile) }
}
