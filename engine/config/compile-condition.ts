/** Compiles a condition (`where`, `among`): shorthand values become tests, and every operand is held against the field's type. */
import type { Condition, FieldTest, JsonSchema } from './compiled.ts'
import { fieldsOf } from './compile-stream.ts'
import { show } from './mistake.ts'
import { suggest } from './nearest.ts'
import type { Options } from './options.ts'

const TESTS = ['is', 'not', 'in', 'above', 'below', 'atLeast', 'atMost'] as const
const ORDERED: readonly string[] = ['above', 'below', 'atLeast', 'atMost']

/** `name` is the option's; `stream` is the stream's name, for messages. */
export function compileCondition(
  options: Options,
  name: 'where' | 'among',
  schema: JsonSchema,
  stream: string,
): Condition | null {
  const spec = options.get(name)
  if (spec === undefined) return null
  if (spec === null || typeof spec !== 'object' || Array.isArray(spec)) {
    options.wrong(`${name} is ${show(spec)}.`, "Write { field: value }, such as { outcome: 'ok' }.", name)
    return null
  }
  const condition: Condition = {}
  for (const [field, written] of Object.entries(spec)) {
    const property = schema.properties[field]
    const known = fieldsOf(schema)
    if (!property || !known.includes(field))
      options.wrong(
        `${name} names '${field}', which is no single-valued field of stream '${stream}'.`,
        suggest(field, known),
        field,
      )
    else condition[field] = compileTest(options, { name: `${name}.${field}`, field, property }, written)
  }
  return condition
}

interface Place {
  /** As messages name it, such as `where.outcome`. */
  name: string
  field: string
  property: Record<string, unknown>
}

function compileTest(options: Options, place: Place, written: unknown): FieldTest {
  const { name: tested, field } = place
  const test = isTest(written) ? written : { is: written }
  if (Object.keys(test).length === 0)
    options.wrong(`${tested} has no test.`, `Use one of ${TESTS.join(', ')}.`, field)
  for (const [name, operand] of Object.entries(test)) {
    if (!(TESTS as readonly string[]).includes(name))
      options.wrong(`${tested} has no test '${name}'.`, suggest(name, TESTS), name)
    else if (name === 'in' && !Array.isArray(operand))
      options.wrong(`${tested}.in is ${show(operand)}.`, 'Write a list of values.', field)
    else
      for (const value of Array.isArray(operand) ? operand : [operand])
        checkOperand(options, place, name, value)
  }
  return test
}

function isTest(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function checkOperand(
  options: Options,
  { name, field, property }: Place,
  test: string,
  value: unknown,
): void {
  const type = property['type'] === 'integer' ? 'number' : String(property['type'])
  if (ORDERED.includes(test) && type !== 'number')
    options.wrong(`${name} asks for '${test}', but '${field}' is a ${type}.`, 'Use is, not or in.', test)
  else if (typeof value !== type)
    options.wrong(`${name} compares with ${show(value)}.`, `Compare with a ${type}.`, field)
  else if (Array.isArray(property['enum']) && !property['enum'].includes(value))
    options.wrong(
      `${name} compares with ${show(value)}, which '${field}' never is.`,
      suggest(String(value), property['enum'].map(String)),
      show(value),
    )
}
