/** The event of one scrape run, on the built-in stream `runs`: every run ends in exactly one of these. */

/** How a run ended, in the order of the taxonomy (first match wins). */
export const OUTCOMES = [
  'skipped',
  'crashed',
  'proxy_failed',
  'rate_limited',
  'blocked',
  'auth_failed',
  'site_down',
  'absent',
  'layout_changed',
  'invalid_data',
  'partial',
  'ok',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Outcomes that say the data we hold is right: `absent` is a truthful "there is nothing". */
export const RIGHT: readonly Outcome[] = ['ok', 'absent']

/**
 * Outcomes of runs in which the site was asked, and its answer, or that there was none, is known. The others say
 * nothing about it: `skipped` did not take place, `crashed` and `proxy_failed` are our own or the way's failure.
 */
export const ASKED: readonly Outcome[] = OUTCOMES.filter(
  (outcome) => outcome !== 'skipped' && outcome !== 'crashed' && outcome !== 'proxy_failed',
)

/** Why a run was `skipped`. */
export const SKIP_REASONS = [
  'robots',
  'hold',
  'blocked',
  'breaker',
  'budget',
  'no_permit',
  'no_proxy',
  'private_target',
  'busy',
  'missed',
  'paused',
] as const

/** Why a run was `skipped` although somebody wanted it: all but a pause. */
export const KEPT_AWAY = SKIP_REASONS.filter((reason) => reason !== 'paused')

export interface RunEvent {
  /**
   * `<scraper>@<due>`: the run of one scraper for one due time. The id of the event, too, so that the engine counts
   * a run once, however often its end is told.
   */
  id?: string
  /** When it was due, and how many ms after that it began. */
  due?: number
  lateMs?: number
  /** Due times, from `due` on, that passed without a run: this event stands for all of them, and is no success. */
  missed?: number
  /** End of the run, ms since 1970. */
  at: number
  scraper: string
  kind: 'browser' | 'http' | 'json'
  /** Label to group scrapers by, such as `banks`. */
  fleet: string
  host: string
  url: string
  /** How the site was reached: `direct`, or a proxy's name. Absent where nothing was sent. */
  exit?: string
  outcome: Outcome
  /** Reason code such as `selector`, `http5xx`, `challenge`. */
  reason: string
  /** One line of evidence for people, at most 300 characters, site text included verbatim (escape on display). */
  detail: string
  /** Whether the outcome is one of RIGHT. */
  right: boolean
  /** Whole run, ms. */
  ms: number
  /** Response time at the network layer (request sent to first byte), ms. */
  responseMs?: number
  /** Phases of the last request, ms; absent where one did not happen. `firstByteMs` is all of them together. */
  dnsMs?: number
  connectMs?: number
  tlsMs?: number
  firstByteMs?: number
  /** Redirects followed up to the answer. */
  redirects?: number
  /** How a page was read; `fallback`: without a browser something was missing, with one it was there or not. */
  via?: 'browser' | 'http' | 'fallback'
  /** Whole days until the site's certificate ends. */
  certDays?: number
  status?: number
  /** Visits it took, where a failure was tried again; the rest tells of the last one. */
  visits?: number
  /** Short hash of the scraper's source and the tool's version. */
  version: string
  /** Names of fields by state. */
  present: string[]
  missing: string[]
  empty: string[]
  invalid: string[]
  absent: string[]
  /** Names of fields whose value was read otherwise than by their selector; they are in no other list. */
  healed?: string[]
  /** Names of fields whose value the page's structured data contradicts. */
  doubted?: string[]
  /** Of a failure: the same as long as it fails in the same way. 12 hex digits. */
  fingerprint?: string
  /** What was kept of it: id of a screenshot, page and headers, of this run or of the newest kept one with its fingerprint. */
  evidence?: string
  /** What was read, JSON, at most 4 KB. */
  data?: string
}
