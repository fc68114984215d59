/** The JSON Schema of what a scraper reads, derived from its readers, and its validation by ajv. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonSchema } from '../../engine/index.ts'
import type { FieldSpec, ReaderMap, ValueSpec } from './field.ts'

/** Schema of the values of one good run; optional fields and those with an absence marker may be left out. */
export function schemaOf(read: ReaderMap): JsonSchema {
  const properties: Record<string, Record<string, unknown>> = {}
  const required: string[] = []
  for (const [name, spec] of Object.entries(read)) {
    properties[name] = propertyOf(spec)
    if (!spec.optional && !spec.absentWhen && spec.kind !== 'product') required.push(name)
  }
  return { type: 'object', properties, required, additionalProperties: false }
}

function propertyOf(spec: FieldSpec): Record<string, unknown> {
  if (spec.kind === 'list') {
    if (!spec.fields) return { type: 'array', items: { type: 'string' } }
    const fields = Object.entries(spec.fields)
    return {
      type: 'array',
      items: {
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, inner]) => [name, valueProperty(inner)])),
        required: fields.filter(([, inner]) => !inner.optional).map(([name]) => name),
      },
    }
  }
  if (spec.kind !== 'product') return valueProperty(spec)
  if (spec.property === 'price') return { type: 'number', minimum: 0 }
  return { type: 'string', minLength: 1 }
}

function valueProperty(spec: ValueSpec): Record<string, unknown> {
  return spec.kind === 'text' ? { type: 'string', minLength: 1 } : { type: 'number' }
}

const compiled = new WeakMap<ReaderMap, ValidateFunction>()

/** Names of the fields that break the schema, each with ajv's word on it. */
export function schemaErrors(read: ReaderMap, values: Record<string, unknown>): Map<string, string> {
  let validate = compiled.get(read)
  if (!validate) {
    validate = new Ajv2020({ allErrors: true, strict: false }).compile(schemaOf(read))
    compiled.set(read, validate)
  }
  const errors = new Map<string, string>()
  if (validate(values)) return errors
  for (const error of validate.errors ?? []) {
    const [, field = '', ...rest] = error.instancePath.split('/')
    const name = field === '' ? String(error.params['missingProperty'] ?? '') : field
    // Bounded: a list of a thousand broken items is one message.
    if (!errors.has(name))
      errors.set(name, `${rest.length > 0 ? `/${rest.join('/')} ` : ''}${error.message ?? 'is invalid'}`)
  }
  return errors
}
