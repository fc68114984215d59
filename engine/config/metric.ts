/** What a metric may say about a stream's fields: the types that make a misspelt field or stat not compile. */
import type { Static, TSchema } from 'typebox'
import type { Rung, Stat } from './compiled.ts'
import type { Duration } from './duration.ts'
import type { Source } from './source.ts'

/** The schema of one event: a typebox type per field. */
export type Fields = Record<string, TSchema>

type FieldsHolding<F extends Fields, V> = keyof {
  [K in keyof F & string as Static<F[K]> extends V ? K : never]: true
}
export type ScalarField<F extends Fields> = FieldsHolding<F, string | number | boolean>
export type NumberField<F extends Fields> = FieldsHolding<F, number>

/** A value alone means `is`. `in` and `not` take lists; only numbers can be above or below something. */
export type Test<V> =
  | V
  | ({ readonly is?: V; readonly not?: V | readonly V[]; readonly in?: readonly V[] } & ([V] extends [number]
      ? {
          readonly above?: number
          readonly below?: number
          readonly atLeast?: number
          readonly atMost?: number
        }
      : unknown))

export type Where<F extends Fields> = { readonly [K in ScalarField<F>]?: Test<Static<F[K]>> }

/** Turns the fields of a condition that the stream lacks into types that say so. */
export type OnlyFields<W, Known extends string> = {
  readonly [K in keyof W]: K extends Known ? unknown : `the stream has no field '${K & string}'`
}

/** A stat that the rest of the metric cannot give becomes a type that says what is missing. */
export type StatCheck<S extends string, Of, W> = S extends Stat
  ? S extends 'count' | 'rate'
    ? S
    : S extends 'ratio'
      ? unknown extends W
        ? "'ratio' needs where: it is the share of events that pass"
        : S
      : [Of] extends [never]
        ? `'${S}' needs of: the ${S extends 'distinct' ? '' : 'number '}field it is taken of`
        : S
  : Stat

/** A field without numbers becomes a type that says so, unless only its different values are counted. */
export type OfCheck<Of extends string, Num extends string, S extends string> = Of extends Num
  ? Of
  : 'distinct' extends S
    ? [S] extends ['count' | 'rate' | 'ratio' | 'distinct']
      ? Of
      : NoNumber<Of>
    : NoNumber<Of>
type NoNumber<Of extends string> = `only 'distinct' can be taken of '${Of}': it is no number field`

/** A length, or a length with its own slide; the name of the window is its length as written. */
export type WindowSpec = Duration | { readonly size: Duration; readonly slide: Duration }
type WindowName<W> = W extends { readonly size: infer Size } ? Size & string : W & string

export interface MetricSpec<F extends Fields, By, Of extends string, W, A, S extends string, Win> {
  /** Fields to group by; none: one number for the whole stream (which then needs `partitions: 1`). */
  by?: readonly By[]
  /** The number field that every stat but count, rate and ratio is taken of; for `distinct` any field will do. */
  of?: OfCheck<Of, NumberField<F>, S>
  /** Only events that pass are counted; for `ratio` they are held against all, or against all of `among`. */
  where?: Where<F> & OnlyFields<W, ScalarField<F>>
  /** Events that do not pass are left out of the metric altogether: `ratio` is the share of `where` among the others. */
  among?: Where<F> & OnlyFields<A, ScalarField<F>>
  stats: readonly StatCheck<S, Of, W>[]
  windows: readonly Win[]
  /** Rungs kept as series; default 1m, 10m, 1h, 1d. */
  series?: readonly Rung[]
  title?: string
  unit?: string
}

/** A metric as a value: rules and the board take it by reference. */
export interface Metric<By extends string = string, S extends Stat = Stat, Win extends string = string> {
  readonly kind: 'metric'
  readonly name: string
  /** The `stream` value it was made from. */
  readonly stream: unknown
  readonly by: readonly By[]
  readonly stats: readonly S[]
  readonly windows: readonly Win[]
  /** As written; checked when the config is compiled. */
  readonly spec: Readonly<Record<string, unknown>>
  readonly source: Source | null
}

export type MetricOf<By extends string, S extends string, Win> = Metric<By, S & Stat, WindowName<Win>>
