/** What was recorded of one run, as plain data: everything a verdict may depend on, so that it can be judged again. */
import type { FieldEvent, FieldState, SKIP_REASONS } from '../../engine/index.ts'
import { maskAddress } from '../evidence/mask-address.ts'
import type { Scraper } from '../index.ts'

/** There is a value, read by the selector or found otherwise. */
export function isRead(state: FieldState): boolean {
  return state === 'ok' || state === 'healed'
}

/** There is a value, or truthfully none. */
export function isAnswered(state: FieldState): boolean {
  return isRead(state) || state === 'absent'
}

/** What became of one field. */
export interface FieldResult {
  state: FieldState
  optional: boolean
  value?: unknown
  /** What stands for the values of many events, and the share of these that have a fitting one. */
  typical?: Pick<FieldEvent, 'type' | 'length' | 'value'>
  share?: number
  /** Elements its selector matched, or events that have it. */
  matches: number
  /** Where the value came from, such as `selector` or `json-ld`. */
  source?: string
  /** What read a healed value: a selector, or a path of structured data. */
  by?: string
  /** What the page's structured data says instead of the value. */
  doubt?: string
  /** For people: what was looked for, and what was found instead. */
  note: string
}

/** Milliseconds at the network layer; absent where a phase did not happen. */
export interface Timings {
  /** Whole run. */
  total: number
  dns?: number
  connect?: number
  tls?: number
  /** Request written to first byte of the answer. */
  response?: number
  /** Beginning of the last request, name and connection included, to the first byte of its answer. */
  firstByte?: number
  /** How long a due run waited for a free worker or its host's turn. */
  waited?: number
}

export interface MainResponse {
  status: number
  /** Lower-case names; bounded in number and length. */
  headers: Record<string, string>
}

export const READERS = ['browser', 'http', 'fallback'] as const

/** Nothing was sent, and why. */
export interface Skip {
  reason: (typeof SKIP_REASONS)[number]
  detail: string
}

export const FAULT_REASONS = [
  'page',
  'browser',
  'launch',
  'hung',
  'code',
  'config',
  'private_target',
  'process',
] as const
/** Our own failure, and which. */
export interface Fault {
  reason: (typeof FAULT_REASONS)[number]
  detail: string
}

export const CONTENT_OUTCOMES = ['layout_changed', 'invalid_data', 'partial'] as const
/** A body that came, but is not what was expected. */
export interface ContentFault {
  outcome: (typeof CONTENT_OUTCOMES)[number]
  reason: string
  detail: string
}

export interface Signals {
  kind: Scraper['kind']
  /** The address asked for, and the one the answer came from, as they may be told. */
  url: string
  finalUrl: string | null
  /** How the site was asked: `direct`, or the name of a proxy. */
  exit: string
  /** How a page was read; `fallback`: by a browser, as it could not be read without; null where none was. */
  via: (typeof READERS)[number] | null
  /** Redirects followed up to the answer. */
  redirects: number
  /** Whole days until the certificate ends, and how few of them are worth a word; null without TLS. */
  certDays: number | null
  certLimit: number
  skip: Skip | null
  fault: Fault | null
  /** Error of the network or of the navigation, as Chromium (`net::ERR_…`) or Node (`ECONNRESET`) names it. */
  error: string | null
  /** The main request failed after its response had begun: the body was cut. */
  mainFailed: string | null
  /** The site sent a file to save instead of a page. */
  download: boolean
  main: MainResponse | null
  /** Status an HTTP check expects; null for pages. */
  expectedStatus: number | null
  /** Beginning of the body, for signatures; at most 64 KB, empty where the page was recognised. */
  bodyHead: string
  bodyBytes: number
  /** The sign of a challenge on a page that was read all the same, or null. */
  challengeSeen: string | null
  title: string
  landmarks: { source: string; matched: boolean }[]
  /** The scraper's own login marker matched; a password field is visible. */
  loginMarker: boolean
  passwordField: boolean
  /** Characters of visible text beside a password field; null without one, absent in runs that older versions recorded. */
  textLength?: number | null
  fields: Record<string, FieldResult>
  /** Share of optional fields that may be missing. */
  optionalShare: number
  content: ContentFault | null
  /** What `sane` objected to. */
  insane: string | null
  timings: Timings
}

/** Signals of a run that has recorded nothing yet. */
export function blankSignals(scraper: Pick<Scraper, 'kind' | 'url'> & { certLimit?: number }): Signals {
  return {
    kind: scraper.kind,
    url: maskAddress(scraper.url),
    finalUrl: null,
    exit: 'direct',
    via: null,
    redirects: 0,
    certDays: null,
    certLimit: scraper.certLimit ?? 0,
    skip: null,
    fault: null,
    error: null,
    mainFailed: null,
    download: false,
    main: null,
    expectedStatus: null,
    bodyHead: '',
    bodyBytes: 0,
    challengeSeen: null,
    title: '',
    landmarks: [],
    loginMarker: false,
    passwordField: false,
    fields: {},
    optionalShare: 0,
    content: null,
    insane: null,
    timings: { total: 0 },
  }
}
