/** Decides whether a row is an event of a stream, and says in plain words why not. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { CompiledStream } from '../config/compiled.ts'
import { nearest } from '../config/nearest.ts'
import { WeirError } from '../error.ts'
import { boundsTrouble, MAX_STRING } from './bounds.ts'
import { ENVELOPE, EVENT_ID, RESERVED_FIELD } from './entry.ts'
import type { Sent } from './producer.ts'

/** Longest value of an envelope field, and of the key (which may be a URL), characters. */
export const MAX_LABEL = 200
export const MAX_KEY = 2048

export type Validate = (row: unknown) => Sent

const OK: Sent = { ok: true }
const ID_SCHEMA = { type: ['string', 'number'], minLength: 1, maxLength: MAX_LABEL }

/** Compiling takes tens of milliseconds: the partitions of a stream, and its config in force again, share one. */
const compiled = new WeakMap<CompiledStream, Validate>()

/** The check of one stream. Throws WEIR_CONFIG where the schema itself is wrong. */
export function compileValidator(stream: CompiledStream): Validate {
  const known = compiled.get(stream)
  if (known !== undefined) return known
  const validate = makeValidator(stream)
  compiled.set(stream, validate)
  return validate
}

function makeValidator(stream: CompiledStream): Validate {
  const schema = withEnvelope(stream)
  const matches = compileSchema(stream, schema)
  const fields = Object.keys(schema.properties)
  const bounded = boundedFields(stream)

  return (row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      return no(`expected a JSON object, found ${row === null ? 'null' : found(row)}`)
    const event = row as Record<string, unknown>
    if (RESERVED_FIELD in event) return no(`field "${RESERVED_FIELD}" is reserved: rename it`)
    if (!matches(event)) return no(explain(matches.errors?.[0], event, fields))
    const trouble =
      keyTrouble(stream.key, event[stream.key]) ??
      (stream.time === null ? null : timeTrouble(stream.time, event[stream.time])) ??
      boundsTrouble(event, bounded)
    return trouble === null ? OK : no(trouble)
  }
}

const fieldChecks = new WeakMap<CompiledStream, ValidateFunction>()

/** Names of the fields of a row whose values, or whose absence, make it no event of the stream. */
export function faultyFields(stream: CompiledStream, row: Record<string, unknown>): string[] {
  let matches = fieldChecks.get(stream)
  if (matches === undefined) {
    matches = compileSchema(stream, withEnvelope(stream), true)
    fieldChecks.set(stream, matches)
  }
  const names = matches(row) ? [] : (matches.errors ?? []).flatMap(fieldOf)
  if (keyTrouble(stream.key, row[stream.key]) !== null) names.push(stream.key)
  if (stream.time !== null && timeTrouble(stream.time, row[stream.time]) !== null) names.push(stream.time)
  return names
}

function fieldOf({ keyword, params, instancePath }: ErrorObject): string[] {
  if (keyword === 'required') return [String((params as { missingProperty: unknown }).missingProperty)]
  const step = instancePath.split('/')[1]
  return step === undefined ? [] : [unescape(step)]
}

/** The text whose hash chooses the partition of a row, or null where it has no readable key. */
export function keyOf(stream: CompiledStream, row: unknown): string | null {
  const key = (row as Record<string, unknown> | null | undefined)?.[stream.key]
  return keyTrouble(stream.key, key) === null ? String(key) : null
}

function no(reason: string): Sent {
  return { ok: false, reason }
}

function keyTrouble(field: string, key: unknown): string | null {
  if (typeof key === 'number' && Number.isFinite(key)) return null
  if (typeof key !== 'string')
    return `field "${field}" (the key): expected a string or number, found ${found(key)}`
  if (key === '') return `field "${field}" (the key) is empty`
  if (key.length > MAX_KEY)
    return `field "${field}" (the key): ${key.length} characters, at most ${MAX_KEY} allowed`
  return null
}

/** Milliseconds since 1970 between 1973 and 2286; in that range no other unit of today's time falls. */
function timeTrouble(field: string, time: unknown): string | null {
  if (typeof time !== 'number' || !Number.isFinite(time))
    return `field "${field}" (the time): expected milliseconds since 1970, found ${found(time)}`
  if (time >= 1e11 && time < 1e13) return null
  const unit = time >= 1e8 && time < 1e11 ? 'seconds' : time < 1e16 ? 'microseconds' : 'nanoseconds'
  const guess = time >= 1e8 ? ` (looks like ${unit})` : ''
  return `field "${field}" (the time): expected milliseconds since 1970, found ${time}${guess}`
}

function withEnvelope({ schema }: CompiledStream): CompiledStream['schema'] {
  const envelope = ENVELOPE.map((field) => [field, { type: 'string', maxLength: MAX_LABEL }] as const)
  return {
    ...schema,
    properties: { [EVENT_ID]: ID_SCHEMA, ...Object.fromEntries(envelope), ...schema.properties },
    additionalProperties: schema.additionalProperties === true,
  }
}

/** Fields whose length the schema bounds itself: they may be longer than the default. */
function boundedFields({ schema }: CompiledStream): Map<string, number> {
  const limits = new Map<string, number>()
  for (const [field, property] of Object.entries(schema.properties)) {
    const limit = property['maxLength']
    if (typeof limit === 'number') limits.set(field, Math.max(limit, MAX_STRING))
  }
  return limits
}

function compileSchema(stream: CompiledStream, schema: object, allErrors = false): ValidateFunction {
  const ajv = new Ajv2020({
    strictTypes: false,
    strictRequired: false,
    logger: false,
    allErrors,
    messages: !allErrors,
  })
  addFormats.default(ajv)
  try {
    return ajv.compile(schema)
  } catch (cause) {
    throw new WeirError(`the schema of stream "${stream.name}" cannot be used: ${String(cause)}.`, {
      code: 'WEIR_CONFIG',
      domain: 'user',
      retry: false,
      todo: 'Correct the schema in the config.',
      cause,
    })
  }
}

function explain(error: ErrorObject | undefined, event: Record<string, unknown>, fields: string[]): string {
  if (error === undefined) return 'does not match the schema'
  const params = error.params as Record<string, unknown>
  if (error.keyword === 'required') {
    const missing = String(params['missingProperty'])
    const spare = Object.keys(event).filter((field) => !fields.includes(field))
    const typo = nearest(missing, spare)
    return `field ${quote(missing)} is missing${typo === null ? '' : ` (is it ${quote(typo)}?)`}`
  }
  if (error.keyword === 'additionalProperties') {
    const extra = String(params['additionalProperty'])
    const meant = nearest(extra, fields)
    return `unknown field ${quote(extra)}${meant === null ? '' : ` (did you mean ${quote(meant)}?)`}`
  }
  const path = error.instancePath.split('/').slice(1).map(unescape)
  const value = path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], event)
  return `field ${quote(path.join('.'))}: expected ${expected(error, params)}, found ${found(value)}`
}

function expected(error: ErrorObject, params: Record<string, unknown>): string {
  switch (error.keyword) {
    case 'type':
      return [params['type']].flat().join(' or ')
    case 'enum':
      return `one of ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
    case 'const':
      return JSON.stringify(params['allowedValue'])
    case 'format':
      return `a ${String(params['format'])}`
    case 'pattern':
      return `text like /${String(params['pattern'])}/`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${String(params['comparison'])} ${String(params['limit'])}`
    case 'minLength':
    case 'maxLength':
      return `at ${error.keyword === 'minLength' ? 'least' : 'most'} ${String(params['limit'])} characters`
    default:
      return `a value that ${error.message ?? 'matches the schema'}`
  }
}

/** Names a value by type, and shows it where it is short. */
function found(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null (leave an absent field out)'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'string') return `string ${quote(value)}`
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** One step of a JSON pointer. */
function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
