/** `collect()`: a JSON API turned into events of a declared stream, and one run event per visit. */
import {
  ANSWER_LIMITS,
  type CompiledStream,
  type JsonSchema,
  type StreamFields,
  streamFields,
} from '../../engine/index.ts'
import { answerValidator } from '../http/answer-schema.ts'
import { refuse } from './refuse.ts'
import { type Target, type TargetOptions, readTarget } from './scraper.ts'

export interface Collector extends Target {
  kind: 'json'
  /** Name of the stream the events go to. */
  into: string
  events: (json: unknown, at: number) => Record<string, unknown>[]
  /** JSON Schema the response must satisfy before it is mapped, or null. */
  schema: JsonSchema | Record<string, unknown> | null
  headers: Record<string, string>
  /** What tells one event from another, or null where each answer makes new ones. */
  id: ((event: Record<string, unknown>) => unknown) | null
  /** Raw answers kept. */
  keep: number
  /** What its stream declares; null until a config says it. */
  target: StreamFields | null
}

/** Raw answers kept of a collector whose author says nothing. */
const KEEP = 5

export interface CollectOptions extends TargetOptions {
  url: string
  into: string
  /** `json` is the parsed response, `at` the time it was received, ms since 1970. */
  // The author declares the shape that the API promises; a broken promise is caught and judged.
  // oxlint-disable-next-line typescript/no-explicit-any -- authors annotate the parameter with their own type
  events: (json: any, at: number) => Record<string, unknown>[]
  schema?: JsonSchema | Record<string, unknown>
  headers?: Record<string, string>
  /**
   * What tells one event from another: a field of theirs, or a function. An event that was sent before counts once,
   * however often the API shows it.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- authors annotate the parameter with their own type
  id?: string | ((event: any) => string | number)
  /** How many raw answers are kept as received, to look at; default 5, at most 50, 0 for none. */
  keep?: number
}

/** Declares one JSON collector. Throws WEIR_CONFIG naming the collector and the field that is wrong. */
export function collect(name: string, options: CollectOptions): Collector {
  const target = readTarget('collect', name, 'url', options.url, options, '10s')
  if (typeof options.events !== 'function') {
    throw refuse(
      `collect ${name}, field events`,
      'this must be a function.',
      'Write events: (json) => [ ... ].',
    )
  }
  if (options.schema !== undefined) {
    try {
      answerValidator(options.schema)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw refuse(
        `collect ${name}, field schema`,
        `this is no JSON Schema: ${reason}.`,
        'Mend the schema, or leave it out.',
      )
    }
  }
  return {
    kind: 'json',
    ...target,
    into: options.into,
    events: options.events,
    schema: options.schema ?? null,
    headers: options.headers ?? {},
    id: identify(options.id),
    keep: readKeep(options.keep, name),
    target: null,
  }
}

/** The collector as a config with these streams has it. */
export function aimedAt(collector: Collector, streams: readonly CompiledStream[]): Collector {
  const stream = streams.find(({ name }) => name === collector.into)
  return { ...collector, target: stream === undefined ? null : streamFields(stream) }
}

function identify(id: CollectOptions['id']): Collector['id'] {
  if (id === undefined) return null
  return typeof id === 'function' ? id : (event) => event[id]
}

function readKeep(keep: number | undefined, name: string): number {
  const most = ANSWER_LIMITS.newest
  if (keep === undefined) return KEEP
  if (Number.isInteger(keep) && keep >= 0 && keep <= most) return keep
  throw refuse(`collect ${name}, field keep`, `${keep} is no number of answers.`, `Write 0 to ${most}.`)
}
