/**
 * Reads the options of one declared thing (a stream, a rule, the board) without trusting their types: what is
 * wrong becomes a mistake and reads as the fallback, so that one pass finds every mistake.
 */
import { parseDuration } from './duration.ts'
import { show, type Mistake } from './mistake.ts'
import { suggest } from './nearest.ts'
import type { Source } from './source.ts'

export interface Subject {
  /** As messages name it: `metric 'volume'`. */
  name: string
  source: Source | null
}

export interface Range {
  min?: number
  max?: number
  integer?: boolean
}

/** Names that end up in Redis keys and URLs. */
export const NAME = /^[A-Za-z][\w-]{0,63}$/

export class Options {
  readonly subject: Subject
  private readonly spec: Readonly<Record<string, unknown>>
  private readonly mistakes: Mistake[]

  /** `known` are the options that exist; anything else is a mistake. */
  constructor(
    subject: Subject,
    spec: Readonly<Record<string, unknown>>,
    known: readonly string[],
    mistakes: Mistake[],
  ) {
    this.subject = subject
    this.spec = spec
    this.mistakes = mistakes
    for (const name of Object.keys(spec))
      if (!known.includes(name)) this.wrong(`there is no option '${name}'.`, suggest(name, known), name)
  }

  /** Records a mistake of this subject; `word` is looked for in the source to point at. */
  wrong(what: string, todo: string, word?: string): void {
    this.mistakes.push({ source: this.subject.source, what: `${this.subject.name}: ${what}`, todo, word })
  }

  get(name: string): unknown {
    return this.spec[name]
  }

  text(name: string, fallback: string): string {
    const value = this.spec[name]
    if (value === undefined) return fallback
    if (typeof value === 'string' && value.length <= 1000) return value
    this.wrong(`${name} is ${show(value)}, not a text.`, 'Write a short text in quotes.', name)
    return fallback
  }

  number(name: string, fallback: number, range: Range = {}): number {
    const value = this.spec[name]
    if (value === undefined) return fallback
    const { min = -Infinity, max = Infinity, integer = false } = range
    const fits = typeof value === 'number' && value >= min && value <= max
    if (fits && (!integer || Number.isInteger(value))) return value
    const kind = integer ? 'a whole number' : 'a number'
    const bounds = [min > -Infinity ? `at least ${min}` : '', max < Infinity ? `at most ${max}` : '']
    const limit = bounds.filter(Boolean).join(' and ')
    this.wrong(`${name} is ${show(value)}.`, `Write ${kind}${limit && `, ${limit}`}.`, name)
    return fallback
  }

  /** Milliseconds. */
  duration(name: string, fallback: number): number {
    const value = this.spec[name]
    if (value === undefined) return fallback
    const ms = parseDuration(value)
    if (ms !== null) return ms
    this.wrong(
      `${name} is ${show(value)}, which is no duration.`,
      'Write a number and its unit without a space, such as 30s, 5m, 1h or 1d.',
      wordOf(value, name),
    )
    return fallback
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.spec[name]
    if (value === undefined) return fallback
    const found = choices.find((one) => one === value)
    if (found !== undefined) return found
    this.wrong(`${name} is ${show(value)}.`, suggest(String(value), choices), wordOf(value, name))
    return fallback
  }

  /** A list; a single value counts as a list of one where `single` allows it. */
  list(name: string, single = false): unknown[] {
    const value = this.spec[name]
    if (value === undefined) return []
    if (Array.isArray(value)) return value
    if (single) return [value]
    this.wrong(`${name} is ${show(value)}, not a list.`, `Write ${name}: [...].`, name)
    return []
  }

  /** A list of distinct words, each out of `known`; `what` names one of them. */
  words<T extends string>(name: string, known: readonly T[], what: string): T[] {
    const found = new Set<T>()
    for (const value of this.list(name)) {
      const word = known.find((one) => one === value)
      if (word === undefined)
        this.wrong(`${name} has ${show(value)}, ${what}.`, suggest(String(value), known), wordOf(value, name))
      else if (found.has(word)) this.wrong(`${name} has '${word}' twice.`, 'Remove one.', word)
      else found.add(word)
    }
    return [...found]
  }
}

/** Checks a name that ends up in Redis keys and URLs. */
export function checkName(options: Options, name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  options.wrong(
    `${show(name)} cannot be its name.`,
    'Use a letter, then up to 63 letters, digits, _ or -.',
    show(name),
  )
  return '?'
}

function wordOf(value: unknown, name: string): string {
  return typeof value === 'string' && value !== '' ? show(value) : name
}
