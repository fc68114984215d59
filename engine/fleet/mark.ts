/** Deploys: marks that people and pipelines leave, and the versions of scrapers as processes loaded them. */

/** What a mark is about where nothing narrower is said. */
export const EVERYTHING = 'all'

export interface Mark {
  /** What was deployed: `all`, or the name of a scraper, template, fleet, stream or group of a metric. */
  name: string
  version: string
  /** When, ms since 1970. */
  at: number
  /** Who did it. */
  by: string
}

/** A version of a scraper, and when a process first loaded it, server time in ms. */
export interface Load {
  version: string
  at: number
}

/** What is known of a scraper's versions. */
export interface History {
  /** Newest first, at most eight. */
  loads: Load[]
  /** Its interval, ms; that of a cron expression is taken for a day. */
  every: number
}

/** The newest marks kept, whatever their age. */
export const MAX_MARKS = 1000

export interface Deploys {
  /** Keeps a mark; the very same twice is one. */
  mark(mark: Mark): Promise<void>
  /** Newest first, at most `limit`, none later than `to`. */
  marks(query: { to: number; limit: number; name?: string }): Promise<Mark[]>
  /** Of these scrapers; nothing of one that nobody knows. */
  histories(scrapers: readonly string[]): Promise<Map<string, History>>
  close(): void
}

/** Reads a line per load, newest first, as register.lua writes them. */
export function readLoads(text: string): Load[] {
  return text.split('\n').flatMap((line) => {
    const [version = '', at] = line.split('\t')
    return version === '' || !(Number(at) > 0) ? [] : [{ version, at: Number(at) }]
  })
}
