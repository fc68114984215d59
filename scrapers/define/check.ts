/** `check()`: a website check over plain HTTP: status, response time, and a pattern the body must match. */
import { type CompiledCheck, isLoopback } from '../../engine/index.ts'
import { limitsOf } from './limits.ts'
import { refuse } from './refuse.ts'
import { CERT_DAYS, type Target, type TargetOptions, readTarget } from './scraper.ts'

export interface HttpCheck extends Target {
  kind: 'http'
  status: number
  /** What the body must match, or null. */
  match: Pattern | null
}

/** A regular expression as plain data. */
export interface Pattern {
  source: string
  flags: string
}

export interface CheckOptions extends TargetOptions {
  url: string
  /** Expected status, default 200. */
  status?: number
  /** A regular expression that the body must match, as source or literal. Of flags it may have i, m, s, u and v. */
  match?: string | RegExp
}

/** Longest pattern accepted; the match itself runs with a time limit as well. */
export const MAX_PATTERN = 1000

/** Declares one HTTP check. Throws WEIR_CONFIG naming the check and the field that is wrong. */
export function check(name: string, options: CheckOptions): HttpCheck {
  const target = readTarget('check', name, 'url', options.url, options, '10s')
  const match = options.match === undefined ? null : patternOf(options.match)
  if (match !== null) requirePattern(match, `check ${name}, field match`)
  return { kind: 'http', ...target, status: options.status ?? 200, match }
}

/** A check from the compiled config (or a CSV row), as a runnable target. */
export function fromCompiled(compiled: CompiledCheck): HttpCheck {
  const parsed = new URL(compiled.url)
  const { every, robots } = compiled
  // Who writes a loopback address into the config means it; anything else private is not assumed.
  const reach = isLoopback(parsed.hostname) ? 'local' : 'public'
  const limits = robots === undefined ? {} : { robots }
  return {
    kind: 'http',
    name: compiled.name,
    url: parsed.href,
    host: parsed.host,
    every: typeof every === 'number' ? { interval: every } : { cron: every, timeZone: 'UTC' },
    catchUp: 'once',
    fleet: compiled.fleet,
    template: compiled.name,
    ...limitsOf(limits, parsed.host, reach === 'public', `check ${compiled.name}`),
    timeout: compiled.timeout,
    reach,
    exit: null,
    certLimit: CERT_DAYS,
    status: compiled.status,
    match: compiled.match === null ? null : patternOf(compiled.match),
  }
}

function patternOf(match: string | RegExp): Pattern {
  return typeof match === 'string'
    ? { source: match, flags: '' }
    : { source: match.source, flags: match.flags }
}

function requirePattern({ source, flags }: Pattern, where: string): void {
  if (source.length > MAX_PATTERN) {
    throw refuse(
      where,
      `the pattern is longer than ${MAX_PATTERN} characters.`,
      'Look for something shorter.',
    )
  }
  const [odd] = flags.replace(/[imsuv]/g, '')
  if (odd !== undefined)
    throw refuse(
      where,
      `the pattern has the flag ${odd}, and is only asked whether it is found anywhere.`,
      'Leave the flag out.',
    )
  try {
    new RegExp(source, flags)
  } catch (error) {
    throw refuse(
      where,
      error instanceof Error ? error.message : String(error),
      'Mend the regular expression.',
    )
  }
}
