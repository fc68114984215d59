/** Conditions over the fields of events, compiled once per metric to a test on columns. */
import type { Condition, FieldTest, Scalar } from '../config/compiled.ts'
import type { Columns } from '../event/entry.ts'

export type RowTest = (columns: Columns, row: number) => boolean

/** Null stays null: every row matches. */
export function compileWhere(where: Condition | null): RowTest | null {
  if (where === null) return null
  const tests = Object.entries(where).map(([field, test]) => [field, compileTest(test)] as const)
  return (columns, row) => {
    for (const [field, test] of tests) if (!test(columns[field]?.[row])) return false
    return true
  }
}

function compileTest(test: FieldTest): (value: unknown) => boolean {
  const { is, above, below, atLeast, atMost } = test
  const oneOf = test.in ? new Set<unknown>(test.in) : null
  const noneOf = test.not === undefined ? null : new Set<unknown>(([] as Scalar[]).concat(test.not))
  return (value) => {
    if (is !== undefined && value !== is) return false
    if (oneOf !== null && !oneOf.has(value)) return false
    if (noneOf !== null && noneOf.has(value)) return false
    if (above !== undefined && !(typeof value === 'number' && value > above)) return false
    if (below !== undefined && !(typeof value === 'number' && value < below)) return false
    if (atLeast !== undefined && !(typeof value === 'number' && value >= atLeast)) return false
    if (atMost !== undefined && !(typeof value === 'number' && value <= atMost)) return false
    return true
  }
}
