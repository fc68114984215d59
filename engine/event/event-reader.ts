/** How the events of one stream are read under its schema. Pure; made anew when the schema changes. */
import type { CompiledStream } from '../config/compiled.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { type ColumnCheck, compileColumnCheck } from './column-check.ts'
import type { Columns } from './entry.ts'
import { flatRow } from './flat.ts'
import { compileFlatColumns, type FlatColumns } from './flat-columns.ts'
import type { Texts } from './texts.ts'
import { compileValidator, keyOf, type Validate } from './validate.ts'

type Row = Record<string, unknown>

/** `columns`: of one row. `elsewhere`: its key lies in another partition. `dead`: it is no event, with the reason. */
export type FlatEvent =
  | { is: 'columns'; columns: Columns }
  | { is: 'elsewhere'; partition: number; row: Row }
  | { is: 'dead'; reason: string; row: Row }

export class EventReader {
  /** Whether all rows of a batch fit, looked at by column. */
  readonly columnsFit: ColumnCheck
  private readonly stream: CompiledStream
  private readonly flatColumns: FlatColumns
  /** Made when the first row needs it: compiling a schema is slow. */
  private validator: Validate | null = null

  constructor(stream: CompiledStream) {
    this.stream = stream
    this.columnsFit = compileColumnCheck(stream)
    this.flatColumns = compileFlatColumns(stream)
  }

  validate(row: Row): ReturnType<Validate> {
    this.validator ??= compileValidator(this.stream)
    return this.validator(row)
  }

  /** The event that flat fields make, as seen from `partition`. */
  flat(fields: Texts, partition: number): FlatEvent {
    const { stream } = this
    const plain = this.flatColumns(fields)
    if (plain !== null && partitionOf(String(plain[stream.key]![0]), stream.partitions) === partition)
      return { is: 'columns', columns: plain }
    const row = flatRow(stream, fields.strings())
    const valid = this.validate(row)
    if (!valid.ok) return { is: 'dead', reason: valid.reason, row }
    const home = partitionOf(keyOf(stream, row) ?? '', stream.partitions)
    if (home !== partition) return { is: 'elsewhere', partition: home, row }
    const columns: Columns = {}
    for (const [name, value] of Object.entries(row)) columns[name] = [value]
    return { is: 'columns', columns }
  }
}
