/** Compiles a `where`: shorthand values become tests, and every operand is held against the field's type. */
import type { Condition, FieldTest, JsonSchema } from './compiled.ts'
import { fieldsOf } from './compile-stream.ts'
import { show } from './mistake.ts'
import { suggest } from './nearest.ts'
import type { Options } from './options.ts'

const TESTS = ['is', 'not', 'in', 'above', 'below', 'atLeast', 'atMost'] as const
const ORDERED: readonly string[] = ['above', 'below', 'atLeast', 'atMost']

/** `stream` is the stream's name, for messages. */
export function compileCondition(options: Options, schema: JsonSchema, stream: string): Condition | null {
  const where = options.get('where')
  if (where === undefined) return null
  if (where === null || typeof where !== 'object' || Array.isArray(where)) {
    options.wrong(`where is ${show(where)}.`, "Write { field: value }, such as { outcome: 'ok' }.", 'where')
    return null
  }
  const condition: Condition = {}
  for (const [field, written] of Object.entries(where)) {
    const property = schema.properties[field]
    const known = fieldsOf(schema)
    if (!property || !known.includes(field))
      options.wrong(
        `where names '${field}', which is no single-valued field of stream '${stream}'.`,
        suggest(field, known),
        field,
      )
    else condition[field] = compileTest(options, field, property, written)
  }
  return condition
}

function compileTest(
  options: Options,
  field: string,
  property: Record<string, unknown>,
  written: unknown,
): FieldTest {
  const test = isTest(written) ? written : { is: written }
  if (Object.keys(test).length === 0)
    options.wrong(`where.${field} has no test.`, `Use one of ${TESTS.join(', ')}.`, field)
  for (const [name, operand] of Object.entries(test)) {
    if (!(TESTS as readonly string[]).includes(name))
      options.wrong(`where.${field} has no test '${name}'.`, suggest(name, TESTS), name)
    else if (name === 'in' && !Array.isArray(operand))
      options.wrong(`where.${field}.in is ${show(operand)}.`, 'Write a list of values.', field)
    else
      for (const value of Array.isArray(operand) ? operand : [operand])
        checkOperand(options, field, property, name, value)
  }
  return test
}

function isTest(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function checkOperand(
  options: Options,
  field: string,
  property: Record<string, unknown>,
  test: string,
  value: unknown,
): void {
  const type = property['type'] === 'integer' ? 'number' : String(property['type'])
  if (ORDERED.includes(test) && type !== 'number')
    options.wrong(
      `where.${field} asks for '${test}', but '${field}' is a ${type}.`,
      'Use is, not or in.',
      test,
    )
  else if (typeof value !== type)
    options.wrong(`where.${field} compares with ${show(value)}.`, `Compare with a ${type}.`, field)
  else if (Array.isArray(property['enum']) && !property['enum'].includes(value))
    options.wrong(
      `where.${field} compares with ${show(value)}, which '${field}' never is.`,
      suggest(String(value), property['enum'].map(String)),
      show(value),
    )
}
