/** `accounting`: the built-in stream of what became of the rows of all others, for rules that watch the engine itself. */
import { type Static, type TObject, Type } from 'typebox'
import { ACCOUNTING, type AccountingEvent } from '../accounting/event.ts'
import { stream } from './stream.ts'

const fields = {
  stream: Type.String(),
  partition: Type.Integer(),
  producer: Type.String(),
  name: Type.String(),
  minute: Type.Number(),
  produced: Type.Integer(),
  counted: Type.Integer(),
  duplicate: Type.Integer(),
  late: Type.Integer(),
  dead: Type.Integer(),
  forwarded: Type.Integer(),
  missing: Type.Integer(),
  inFlight: Type.Integer(),
}

// Either assignment stops compiling when the schema and AccountingEvent part ways.
type Written = Static<TObject<typeof fields>>
const asEvent = (written: Written): AccountingEvent => written
const asSchema = (event: AccountingEvent): Written => event
void [asEvent, asSchema]

/**
 * One event per partition, producer and minute, two minutes after its end, and one more whenever it changes later.
 * Its time is when it is told: after an outage the news is old, and must be no less heard.
 */
export const accounting = stream(ACCOUNTING, { key: 'stream', partitions: 1, schema: fields })
