/** `runs`: the built-in stream of scraper runs; its fields are those of RunEvent, which the compiler checks. */
import { Type, type Static, type TObject } from 'typebox'
import { OUTCOMES, type RunEvent } from '../event/run.ts'
import { stream } from './stream.ts'

const fields = {
  due: Type.Optional(Type.Number()),
  lateMs: Type.Optional(Type.Number({ minimum: 0 })),
  missed: Type.Optional(Type.Integer({ minimum: 1 })),
  at: Type.Number(),
  scraper: Type.String(),
  kind: Type.Enum(['browser', 'http', 'json']),
  fleet: Type.String(),
  host: Type.String(),
  url: Type.String(),
  exit: Type.Optional(Type.String()),
  outcome: Type.Enum(OUTCOMES),
  reason: Type.String(),
  detail: Type.String(),
  right: Type.Boolean(),
  ms: Type.Number({ minimum: 0 }),
  responseMs: Type.Optional(Type.Number({ minimum: 0 })),
  dnsMs: Type.Optional(Type.Number({ minimum: 0 })),
  connectMs: Type.Optional(Type.Number({ minimum: 0 })),
  tlsMs: Type.Optional(Type.Number({ minimum: 0 })),
  firstByteMs: Type.Optional(Type.Number({ minimum: 0 })),
  redirects: Type.Optional(Type.Integer({ minimum: 0 })),
  via: Type.Optional(Type.Enum(['browser', 'http', 'fallback'])),
  certDays: Type.Optional(Type.Integer()),
  status: Type.Optional(Type.Integer()),
  visits: Type.Optional(Type.Integer({ minimum: 2 })),
  version: Type.String(),
  present: Type.Array(Type.String()),
  missing: Type.Array(Type.String()),
  empty: Type.Array(Type.String()),
  invalid: Type.Array(Type.String()),
  absent: Type.Array(Type.String()),
  healed: Type.Optional(Type.Array(Type.String())),
  doubted: Type.Optional(Type.Array(Type.String())),
  fingerprint: Type.Optional(Type.String()),
  evidence: Type.Optional(Type.String()),
  data: Type.Optional(Type.String()),
}

// Either assignment stops compiling when the schema and RunEvent part ways. `id` is the event's own: a field of that
// name in the schema would be one like any other.
type Run = Static<TObject<typeof fields>>
const asEvent = (run: Run): Omit<RunEvent, 'id'> => run
const asSchema = (run: Omit<RunEvent, 'id'>): Run => run
void [asEvent, asSchema]

/** One event per run of a scraper, check or collector. Partition 1: runs are few, and grouped in many ways. */
export const runs = stream('runs', { key: 'scraper', time: 'at', partitions: 1, schema: fields })
