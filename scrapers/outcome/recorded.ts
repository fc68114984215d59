/** Signals on paper: one line of JSON with a version, so that a recorded run can be judged again, also years later. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { Type, type Static } from 'typebox'
import { FIELD_STATES, SKIP_REASONS, VALUE_TYPES, WeirError } from '../../engine/index.ts'
import { CONTENT_OUTCOMES, FAULT_REASONS, READERS, type Signals } from './signals.ts'

/** Version of the form. It rises when an older reader would misunderstand, and then `readSignals` has a step. */
export const SIGNALS_VERSION = 1

const maybe = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const text = Type.String()
const amount = Type.Number({ minimum: 0 })
const span = Type.Optional(amount)

const schema = Type.Object({
  kind: Type.Enum(['browser', 'http', 'json']),
  url: text,
  finalUrl: maybe(text),
  exit: text,
  via: maybe(Type.Enum(READERS)),
  redirects: amount,
  certDays: maybe(Type.Number()),
  certLimit: amount,
  skip: maybe(Type.Object({ reason: Type.Enum(SKIP_REASONS), detail: text })),
  fault: maybe(Type.Object({ reason: Type.Enum(FAULT_REASONS), detail: text })),
  error: maybe(text),
  mainFailed: maybe(text),
  download: Type.Boolean(),
  main: maybe(Type.Object({ status: Type.Number(), headers: Type.Record(text, text) })),
  expectedStatus: maybe(Type.Number()),
  bodyHead: text,
  bodyBytes: amount,
  challengeSeen: maybe(text),
  title: text,
  landmarks: Type.Array(Type.Object({ source: text, matched: Type.Boolean() })),
  loginMarker: Type.Boolean(),
  passwordField: Type.Boolean(),
  textLength: Type.Optional(maybe(amount)),
  fields: Type.Record(
    text,
    Type.Object({
      state: Type.Enum(FIELD_STATES),
      optional: Type.Boolean(),
      value: Type.Optional(Type.Unknown()),
      typical: Type.Optional(
        Type.Object({
          type: Type.Optional(Type.Enum(VALUE_TYPES)),
          length: span,
          value: Type.Optional(Type.Number()),
        }),
      ),
      share: span,
      matches: amount,
      source: Type.Optional(text),
      by: Type.Optional(text),
      doubt: Type.Optional(text),
      note: text,
    }),
  ),
  optionalShare: amount,
  content: maybe(Type.Object({ outcome: Type.Enum(CONTENT_OUTCOMES), reason: text, detail: text })),
  insane: maybe(text),
  timings: Type.Object({
    total: amount,
    dns: span,
    connect: span,
    tls: span,
    response: span,
    firstByte: span,
    waited: span,
  }),
})

// Either assignment stops compiling when the form and Signals part ways.
type Form = Static<typeof schema>
const asSignals = (form: Form): Signals => form
const asForm = (signals: Signals): Form => signals
void [asSignals, asForm]

/** One line; the same signals are always the same text. */
export function recordSignals(signals: Signals): string {
  return JSON.stringify({ weir: `signals/${SIGNALS_VERSION}`, ...sorted(signals) })
}

/** Throws WEIR_NEWER for a form of a newer Weir, and WEIR_QUERY naming what is wrong with any other text. */
export function readSignals(line: string): Signals {
  const { weir, ...rest } = parsed(line)
  const version = /^signals\/(\d{1,6})$/.exec(String(weir))?.[1]
  if (version === undefined) throw refused('its member weir is not "signals/1"')
  if (Number(version) > SIGNALS_VERSION) {
    throw new WeirError(`these signals are of form ${version}; this Weir reads up to ${SIGNALS_VERSION}.`, {
      code: 'WEIR_NEWER',
      domain: 'user',
      retry: false,
      todo: 'Judge them with the Weir that recorded them, or a newer one.',
    })
  }
  validate ??= new Ajv2020({ strict: false }).compile(schema)
  if (validate(rest)) return rest as unknown as Signals
  const [first] = validate.errors ?? []
  throw refused(`${first?.instancePath ?? ''} ${first?.message ?? 'is invalid'}`.trim())
}

let validate: ValidateFunction | undefined

function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>
  } catch {
    // Said below, in the same words.
  }
  throw refused('it is no JSON object')
}

function refused(why: string): WeirError {
  return new WeirError(`this is no recorded run: ${why}.`, {
    code: 'WEIR_QUERY',
    domain: 'user',
    retry: false,
    todo: 'Give one line as recordSignals() wrote it.',
  })
}

/** Members in the order of their names, at every depth. */
function sorted(value: object): object {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ),
  ) as object
}
