/** The event of one field of one run, on the built-in stream `fields`: what was found where it was looked for. */

/** `absent`: the site truthfully says that there is nothing. */
export const FIELD_STATES = ['ok', 'healed', 'empty', 'missing', 'invalid', 'absent'] as const
export type FieldState = (typeof FIELD_STATES)[number]

export const VALUE_TYPES = ['number', 'string', 'boolean', 'list', 'object', 'null'] as const
export type ValueType = (typeof VALUE_TYPES)[number]

/** Sent with the `id` `<run>/<field>`, so that it counts once however often it is sent. */
export interface FieldEvent {
  /** End of the run, ms since 1970. */
  at: number
  scraper: string
  /** Scrapers of one page template break together; by default each has its own. */
  template: string
  fleet: string
  field: string
  state: FieldState
  optional: boolean
  /** Version of the scraper. */
  version: string
  /** Of the value; of many that of most. Absent where there is none. */
  type?: ValueType
  /** Characters of a text, items of a list; of many the median. */
  length?: number
  /** Of a number; of many the median. */
  value?: number
  /** Of the events that a collector made of one answer, how many have a fitting value: 0 to 1. */
  share?: number
  /** The page's structured data contradicts the value; `detail` says how. Absent where it does not. */
  doubted?: boolean
  /** For people: what was looked for and what was found instead, at most 300 characters; empty where all is well. */
  detail: string
  /** What was kept of the run: the id its event has, too. Absent where the run did not fail. */
  evidence?: string
}
