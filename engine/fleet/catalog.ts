/** The catalog: what scrapers exist, as the processes that loaded them say. Read by the API, written on loading. */
import type { RunEvent } from '../event/run.ts'

export interface CatalogField {
  name: string
  optional: boolean
  /** It declares what absence looks like, or that there is none; without that it can only ever be missing. */
  absence: boolean
}

/** One scraper, check or collector. */
export interface CatalogEntry {
  name: string
  kind: RunEvent['kind']
  fleet: string
  /** Scrapers of one page template share it. */
  template: string
  host: string
  /** Those of one site keep its limits together: the host, unless the author says otherwise. */
  site: string
  url: string
  /** As the author may write it: `1m`, or a cron expression. */
  every: string
  /** Of a cron expression. */
  timeZone?: string
  fields: CatalogField[]
  version: string
}

/** With what Redis knows about it. */
export interface Catalogued extends CatalogEntry {
  /** This version was first loaded then, server time in ms. */
  since: number
  /** No process has it loaded any more, since then; it is forgotten after a day. */
  goneSince?: number
}
