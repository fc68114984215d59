/** `scraper()`: a page visited with a real browser, as plain data plus the one function `sane`. */
import { type Reach, bareHost } from '../../engine/index.ts'
import { type ReaderMap, type Values } from '../read/field.ts'
import { type ExitOption, exitChoice } from '../politeness/exit/choice.ts'
import type { ExitChoice } from '../politeness/exit/exit.ts'
import type { Upstream } from '../politeness/exit/upstream.ts'
import { milliseconds } from './duration.ts'
import { type Every, every } from './every.ts'
import { type Landmark, landmark } from './landmark.ts'
import { type CatchUp, CATCH_UP } from '../schedule/decide.ts'
import { type LimitOptions, type Limits, limitsOf } from './limits.ts'
import { refuse, requireName, targetUrl } from './refuse.ts'

/** Of a cron expression; of an interval it is half of it, ms. */
const MAX_JITTER_MS = 3_600_000

/** What every kind of scraper has in common. */
export interface Target extends Limits {
  name: string
  url: string
  host: string
  every: Every
  /** What happens with due times that passed while no process ran it. */
  catchUp: CatchUp
  /** Label to group scrapers by; default: the name of the kind. */
  fleet: string
  /** Scrapers of one page template break together, and are told of together; default: the name. */
  template: string
  /** Hard deadline of one run, ms. */
  timeout: number
  /** Which addresses may be visited, redirects included. */
  reach: Reach
  /** The ways out it may take. */
  exit: ExitChoice
  /** In one run: the proxy that it goes through. */
  through?: Upstream | null
  /** A certificate with fewer days left is worth a word. */
  certLimit: number
}

/** Default of `certDays`: what renews itself does so a month before the end, what does not is noticed in time. */
export const CERT_DAYS = 14

/** Judges values that are valid but may be nonsense: true, or the sentence that says what is wrong. */
export type Sane = (values: Record<string, unknown>) => true | string

export interface BrowserScraper extends Target {
  kind: 'browser'
  /** `http`: read without a browser, as long as that brings everything. */
  with: 'browser' | 'http'
  is: Landmark[]
  read: ReaderMap
  sane: Sane | null
  /** Where a login page shows itself, such as `url ~ /login`; a visible password field always does. */
  login: Landmark | null
  /** How long to wait for fields that scripts fill in after the page has loaded, ms. */
  settle: number
  /** Off: the page is read as sent, without running its scripts. */
  scripts: boolean
  /** Share of optional fields that may be missing before a run is `partial`. */
  optionalShare: number
  /** Off: what its selectors do not find stays missing. */
  heal: boolean
}

export interface TargetOptions extends LimitOptions {
  /** An interval such as `1m`, or a cron expression such as `0 7 * * 1-5`. */
  every: string
  /** Time zone of a cron expression, such as `Europe/Berlin`; default UTC. */
  timeZone?: string
  /** Each run starts at random up to so long after its due time; default 5 % of an interval, at most 2 s. */
  jitter?: string
  /**
   * What happens with due times that passed while no process ran or had room. `once` (default): the newest is run
   * now, the others are told as missed. `skip`: nothing is run late. `all`: the newest 24 are run one by one.
   */
  catchUp?: CatchUp
  fleet?: string
  /** The page template that this scraper shares with others; what breaks there is one alert. Default: its own name. */
  template?: string
  timeout?: string
  /** Allows the host of the address, or the hosts named here, to have addresses that are not public. */
  allowPrivate?: boolean | string[]
  /**
   * The way out: `direct` (default), `proxy` (any of the config's), names of proxies, or those of a country. Where none
   * can be used it is not visited.
   */
  exit?: ExitOption
  /** Allows this machine: `localhost`, names below it, and loopback addresses. */
  local?: boolean
  /** A right run says so when the certificate ends within so many days; default 14, 0 for never. */
  certDays?: number
}

export interface ScraperOptions<R extends ReaderMap> extends TargetOptions {
  visit: string
  /** Landmarks by which the page is known; two thirds must be there. */
  is?: string[]
  read: R
  /**
   * `http` reads the page as it is sent, without a browser and for a thirtieth of its cost; where identity or fields fail
   * so, a browser looks in the same run, and for six hours if it helps. Default `browser`.
   */
  with?: 'browser' | 'http'
  sane?: (values: Values<R>) => true | string
  login?: string
  settle?: string
  scripts?: boolean
  optionalShare?: number
  /** `false`: what its selectors do not find stays missing. */
  heal?: boolean
}

/** Declares one page to scrape. Throws WEIR_CONFIG naming the scraper and the field that is wrong. */
export function scraper<R extends ReaderMap>(name: string, options: ScraperOptions<R>): BrowserScraper {
  const target = readTarget('scraper', name, 'visit', options.visit, options, '20s')
  if (Object.keys(options.read ?? {}).length === 0) {
    throw refuse(
      `scraper ${name}, field read`,
      'nothing is read.',
      'Name at least one field, such as { balance: money("#balance") }.',
    )
  }
  for (const [field, { or }] of Object.entries<{ or?: unknown }>(options.read))
    if (or !== undefined && !(Array.isArray(or) && or.every((each) => typeof each === 'string')))
      throw refuse(
        `scraper ${name}, field read.${field}`,
        '`or` is no list of selectors.',
        'Write or: [".price"].',
      )
  return {
    kind: 'browser',
    ...target,
    with: options.with ?? 'browser',
    is: (options.is ?? []).map((source) => landmark(source, `scraper ${name}, field is`)),
    read: options.read,
    // The values handed over are exactly those that the readers of R produce.
    sane: (options.sane ?? null) as Sane | null,
    login: options.login === undefined ? null : landmark(options.login, `scraper ${name}, field login`),
    settle: milliseconds(options.settle ?? '1500ms', `scraper ${name}, field settle`),
    scripts: options.scripts ?? true,
    optionalShare: options.optionalShare ?? 0,
    heal: options.heal ?? true,
  }
}

/** The common part of all three kinds, checked. */
export function readTarget(
  word: string,
  name: string,
  urlField: string,
  url: string,
  options: TargetOptions,
  timeout: string,
): Target {
  requireName(word, name)
  const where = `${word} ${name}`
  const parsed = targetUrl(url, `${where}, field ${urlField}`)
  if (options.template !== undefined) requireName(`${where}, template`, options.template)
  const reach = readReach(options, parsed.hostname, where)
  return {
    name,
    url: parsed.href,
    host: parsed.host,
    every: withJitter(every(options.every, options.timeZone, `${where}, field every`), options.jitter, where),
    catchUp: catchUpOf(options.catchUp ?? 'once', where),
    fleet: options.fleet ?? 'default',
    template: options.template ?? name,
    ...limitsOf(options, parsed.host, reach === 'public', where),
    timeout: milliseconds(options.timeout ?? timeout, `${where}, field timeout`),
    reach,
    exit: exitChoice(options.exit, `${where}, field exit`),
    certLimit: options.certDays ?? CERT_DAYS,
  }
}

function readReach({ allowPrivate, local }: TargetOptions, hostname: string, where: string): Reach {
  const named = allowPrivate === true ? [hostname] : allowPrivate || []
  if (named.length === 0) return local === true ? 'local' : 'public'
  const hosts = named.map((host) => {
    const url = `http://${host}/`
    const plain = /^(?:[^/:*?#@\s]+|\[[0-9a-f:.]+\])$/i.test(host)
    if (plain && URL.canParse(url)) return bareHost(new URL(url).hostname)
    throw refuse(
      `${where}, field allowPrivate`,
      `"${host}" is not the name of a host.`,
      'Write names or addresses without scheme, port and path, such as "wiki.internal.example".',
    )
  })
  return { hosts, local: local === true }
}

function withJitter(every: Every, jitter: string | undefined, where: string): Every {
  if (jitter === undefined) return every
  const ms = milliseconds(jitter, `${where}, field jitter`)
  const most = 'interval' in every ? every.interval / 2 : MAX_JITTER_MS
  if (ms <= most) return { ...every, jitter: ms }
  throw refuse(
    `${where}, field jitter`,
    `"${jitter}" is too long.`,
    `Use at most ${Math.floor(most / 1000)}s.`,
  )
}

function catchUpOf(word: CatchUp, where: string): CatchUp {
  if (CATCH_UP.includes(word)) return word
  throw refuse(`${where}, field catchUp`, `"${String(word)}" is not known.`, `Use ${CATCH_UP.join(', ')}.`)
}
