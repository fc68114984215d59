/** `collect()`: a JSON API turned into events of a declared stream, and one run event per visit. */
import type { JsonSchema } from '../../engine/index.ts'
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
}

export interface CollectOptions extends TargetOptions {
  url: string
  into: string
  /** `json` is the parsed response, `at` the time it was received, ms since 1970. */
  // The author declares the shape that the API promises; a broken promise is caught and judged.
  // oxlint-disable-next-line typescript/no-explicit-any -- authors annotate the parameter with their own type
  events: (json: any, at: number) => Record<string, unknown>[]
  schema?: JsonSchema | Record<string, unknown>
  headers?: Record<string, string>
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
  }
}
