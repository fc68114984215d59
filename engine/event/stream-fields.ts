/** The fields that events of a stream are looked at by, of which each collector's run tells how they were found. */
import type { CompiledStream } from '../config/compiled.ts'
import { faultyFields } from './validate.ts'

export interface StreamFields {
  /** In the order of the schema, at most MAX_TOLD. `clock`: it is the events' time, whose value tells nothing. */
  fields: readonly { name: string; optional: boolean; clock: boolean }[]
  /** Names of fields of a row that does not fit whose values break the schema. */
  faulty: (row: Record<string, unknown>) => readonly string[]
}

/** A stream may have 200 fields; more than these of one run would be more events than most runs have. */
const MAX_TOLD = 50

export function streamFields(stream: CompiledStream): StreamFields {
  const { properties, required = [] } = stream.schema
  const names = Object.keys(properties).slice(0, MAX_TOLD)
  return {
    fields: names.map((name) => ({
      name,
      optional: !required.includes(name),
      clock: name === stream.time,
    })),
    faulty: (row) => faultyFields(stream, row),
  }
}
