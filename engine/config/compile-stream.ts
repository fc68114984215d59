/** Compiles a declared stream: its JSON Schema in one normal form, and its times in ms. */
import type { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Type, type TSchema } from 'typebox'
import { ENVELOPE, RESERVED_FIELD } from '../event/entry.ts'
import { shortHash } from './canonical.ts'
import type { CompiledStream, JsonSchema } from './compiled.ts'
import { show, type Mistake } from './mistake.ts'
import { suggest } from './nearest.ts'
import { checkName, Options } from './options.ts'
import { plain, type Stream } from './stream.ts'

const OPTIONS = ['schema', 'key', 'time', 'clock', 'lateness', 'disorder', 'partitions', 'retention']
export const MAX_PARTITIONS = 256
const MAX_FIELDS = 200

export function compileStream(stream: Stream, mistakes: Mistake[]): CompiledStream {
  const subject = { name: `stream ${show(stream.name)}`, source: stream.source }
  const options = new Options(subject, stream.spec, OPTIONS, mistakes)
  const schema = compileSchema(options)
  const retention = new Options(subject, plain(options.get('retention')), ['age', 'bytes'], mistakes)
  return {
    name: checkName(options, stream.name),
    key: field(options, 'key', fieldsOf(schema, SCALARS)) ?? '',
    time: options.get('time') === undefined ? null : field(options, 'time', fieldsOf(schema, NUMBERS)),
    clock: options.choice('clock', ['live', 'event'], 'live'),
    lateness: options.duration('lateness', 5 * 60_000),
    disorder: options.duration('disorder', 2000),
    partitions: options.number('partitions', 8, { min: 1, max: MAX_PARTITIONS, integer: true }),
    retention: { age: retention.duration('age', 24 * 3_600_000), bytes: bytes(retention) },
    schema,
    schemaVersion: shortHash(schema),
  }
}

const SCALARS = ['string', 'number', 'integer', 'boolean']
const NUMBERS = ['number', 'integer']

/** Names of the fields whose type is one of `types`. */
export function fieldsOf(schema: JsonSchema, types: readonly string[] = SCALARS): string[] {
  return Object.keys(schema.properties).filter((name) =>
    types.includes(String(schema.properties[name]?.['type'])),
  )
}

export function numberFields(schema: JsonSchema): string[] {
  return fieldsOf(schema, NUMBERS)
}

function field(options: Options, name: 'key' | 'time', fields: string[]): string | null {
  const value = options.get(name)
  if (typeof value === 'string' && fields.includes(value)) return value
  const kind = name === 'time' ? 'number field' : 'single-valued field'
  if (value === undefined) options.wrong(`${name} is missing.`, `Name a ${kind}: ${fields.join(', ')}.`)
  else
    options.wrong(
      `${name} is ${show(value)}, which is no ${kind} of its schema.`,
      suggest(String(value), fields),
      show(value),
    )
  return null
}

function bytes(options: Options): number {
  const value = options.get('bytes') ?? '64MB'
  const match = typeof value === 'string' ? /^(\d{1,6})(KB|MB|GB)$/.exec(value) : null
  if (match) return Number(match[1]) * { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[match[2] as 'KB']
  options.wrong(`retention.bytes is ${show(value)}.`, 'Write a size such as 64MB.', 'bytes')
  return 64 * 1024 ** 2
}

function compileSchema(options: Options): JsonSchema {
  const written = plain(options.get('schema'))
  const fields: Record<string, TSchema> = {}
  const names = Object.keys(written)
  if (names.length === 0 || names.length > MAX_FIELDS)
    options.wrong(`schema has ${names.length} fields.`, `Declare 1 to ${MAX_FIELDS} fields.`, 'schema')
  for (const [name, type] of Object.entries(written).slice(0, MAX_FIELDS))
    if (usable(options, name, type)) fields[name] = type
  const object = JSON.parse(JSON.stringify(Type.Object(fields))) as JsonSchema
  for (const [name, property] of Object.entries(object.properties)) {
    const normal = normalProperty(property)
    if (normal) object.properties[name] = normal
    else
      options.wrong(
        `schema field '${name}' holds neither a single value nor a list of texts.`,
        'Use t.String(), t.Number(), t.Integer(), t.Boolean(), t.Enum([...]) or t.Array(t.String()); split objects into fields.',
        name,
      )
  }
  checkKeywords(options, object)
  return object
}

function usable(options: Options, name: string, type: unknown): type is TSchema {
  if (type === null || typeof type !== 'object' || !('~kind' in type))
    options.wrong(`schema field '${name}' is ${show(type)}, no type.`, 'Use t, such as t.Number().', name)
  else if (name === RESERVED_FIELD || name === '__proto__')
    options.wrong(`schema field '${name}' is reserved.`, 'Give it another name.', name)
  else if ((ENVELOPE as readonly string[]).includes(name) && (type as { type?: unknown }).type !== 'string')
    options.wrong(
      `schema field '${name}' is not a text, but every event may carry ${ENVELOPE.join(', ')} as texts.`,
      'Declare it as t.Optional(t.String()), or give it another name.',
      name,
    )
  else return true
  return false
}

/** One way to write each kind of field: always with a `type`; a union of literals is an `enum`. */
function normalProperty(property: Record<string, unknown>): Record<string, unknown> | null {
  const { anyOf, ...rest } = property
  const literals = Array.isArray(anyOf) ? anyOf.map((one: { const?: unknown }) => one.const) : undefined
  const values = literals ?? (Array.isArray(property['enum']) ? (property['enum'] as unknown[]) : undefined)
  if (values) {
    const type = typeof values[0]
    const same = values.length > 0 && values.every((one) => typeof one === type)
    return same && SCALARS.includes(type) ? { ...rest, type, enum: values } : null
  }
  const type = String(property['type'])
  if (SCALARS.includes(type)) return property
  return type === 'array' && (property['items'] as { type?: unknown } | undefined)?.type === 'string'
    ? property
    : null
}

/** Made once, when first needed: it takes longer than all the rest of a config. */
let ajv: Ajv | undefined

/** A pattern or format that cannot be compiled would stop every producer: find it here. */
function checkKeywords(options: Options, schema: JsonSchema): void {
  try {
    ajv ??= addFormats.default(new Ajv2020({ strict: true, logger: false }))
    ajv.compile(schema)
    // Or it would be remembered: a watched config is compiled at every save.
    ajv.removeSchema(schema)
  } catch (error) {
    options.wrong(`schema cannot be used: ${(error as Error).message}.`, 'Correct that keyword.', 'schema')
  }
}
