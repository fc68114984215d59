/** `fields`: the built-in stream of what runs found in each field; its members are those of FieldEvent. */
import { type Static, type TObject, Type } from 'typebox'
import { FIELD_STATES, type FieldEvent, VALUE_TYPES } from '../event/field.ts'
import { stream } from './stream.ts'

const schema = {
  at: Type.Number(),
  scraper: Type.String(),
  template: Type.String(),
  fleet: Type.String(),
  field: Type.String(),
  state: Type.Enum(FIELD_STATES),
  optional: Type.Boolean(),
  version: Type.String(),
  type: Type.Optional(Type.Enum(VALUE_TYPES)),
  length: Type.Optional(Type.Integer({ minimum: 0 })),
  value: Type.Optional(Type.Number()),
  share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  doubted: Type.Optional(Type.Boolean()),
  detail: Type.String(),
  evidence: Type.Optional(Type.String()),
}

// Either assignment stops compiling when the schema and FieldEvent part ways.
type Field = Static<TObject<typeof schema>>
const asEvent = (field: Field): FieldEvent => field
const asSchema = (field: FieldEvent): Field => field
void [asEvent, asSchema]

/**
 * One event per field of a run that saw the page. The key is the template: what breaks together is judged in one
 * place. Four partitions keep 120,000 fields apart.
 */
export const fields = stream('fields', { key: 'template', time: 'at', partitions: 4, schema })
