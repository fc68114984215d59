/** Field readers: what to look for on a page, as plain data that one function inside the page can follow. */

/** Positive evidence that there is truthfully nothing: a text on the page, or an element. */
export type AbsenceMarker = string | { selector: string }

interface FieldBase {
  /** Text that stands beside the value on the page; named in the evidence when the value is gone, which is looked for beside it. */
  label?: string
  /** Selectors tried in turn where the first matches nothing; a value read by one of them is marked as healed. */
  or?: string[]
  /** Missing or empty values of optional fields make a run `partial` instead of failing it. */
  optional?: boolean
  /** The sign that there is truthfully nothing; `false`: there always is something. */
  absentWhen?: AbsenceMarker | false
  /** Nobody may see the value: it stays out of events, and is taken out of pictures and pages that are kept. */
  private?: boolean
}
export interface ValueSpec extends FieldBase {
  kind: 'text' | 'money' | 'number'
  /** CSS selector; the first match counts. Empty inside a list: the item itself. */
  selector: string
  /** Read this attribute instead of the text. */
  attr?: string
  /** The decimal sign, where the page's habit is known; else guessed from the digits. */
  decimal?: '.' | ','
}
export interface ListSpec extends FieldBase {
  kind: 'list'
  selector: string
  /** Readers of each item, relative to it; without them an item is its text. */
  fields?: Record<string, ValueSpec>
  /** Items read at most, default 200. */
  limit: number
}
export interface ProductSpec extends FieldBase {
  kind: 'product'
  property: 'price' | 'currency' | 'availability'
}
export type FieldSpec = ValueSpec | ListSpec | ProductSpec

/** A field spec that remembers the type of its value at compile time only; boxed, so that `undefined` survives. */
export type Reader<T, S extends FieldSpec = FieldSpec> = S & { readonly __value?: { of: T } }
export type ReaderMap = Record<string, Reader<unknown>>
export type ValueOf<R> = R extends { readonly __value?: { of: infer T } } ? T : never
export type Values<R extends ReaderMap> = { [K in keyof R]: ValueOf<R[K]> }

interface Options {
  label?: string
  or?: string[]
  optional?: boolean
  absentWhen?: AbsenceMarker | false
  private?: boolean
}
interface NumberOptions extends Options {
  attr?: string
  decimal?: '.' | ','
}
/** A value that may truthfully not be there is `undefined` then. */
type Maybe<T, O> = O extends { optional: true } | { absentWhen: AbsenceMarker }
  ? Exclude<T, undefined> | undefined
  : T

/** The visible text of the first match, white space collapsed. */
export function text<const O extends Options = Options>(
  selector: string,
  options?: O,
): Reader<Maybe<string, O>, ValueSpec> {
  return { kind: 'text', selector, ...options }
}

/** The value of an attribute of the first match. */
export function attr<const O extends Options = Options>(
  selector: string,
  name: string,
  options?: O,
): Reader<Maybe<string, O>, ValueSpec> {
  return { kind: 'text', selector, attr: name, ...options }
}

/** A plain number: `12`, `1,204`, `-3.5`. */
export function number<const O extends NumberOptions = NumberOptions>(
  selector: string,
  options?: O,
): Reader<Maybe<number, O>, ValueSpec> {
  return { kind: 'number', selector, ...options }
}

/** An amount of money in any notation: `1.234,56 €`, `$1,234.56`, `CHF 1'234.–`. */
export function money<const O extends NumberOptions = NumberOptions>(
  selector: string,
  options?: O,
): Reader<Maybe<number, O>, ValueSpec> {
  return { kind: 'money', selector, ...options }
}

type ItemOf<F> = F extends ReaderMap ? Values<F> : string

/**
 * All matches in order: texts, or objects where `fields` are given. Truthfully empty lists (`absentWhen`) are
 * `[]`; a list with no match and no such marker is missing, never empty.
 */
export function list<F extends Record<string, Reader<unknown, ValueSpec>> | undefined = undefined>(
  selector: string,
  options: Options & { fields?: F; limit?: number } = {},
): Reader<ItemOf<F>[], ListSpec> {
  return { kind: 'list', selector, limit: 200, ...options }
}

/** schema.org words of availability, shortened. */
export type Availability = 'InStock' | 'OutOfStock' | 'PreOrder' | 'BackOrder' | 'Discontinued'

/**
 * A product page without selectors: JSON-LD, microdata, meta tags and common price markup, in this order.
 * Spread it into `read`. A product that cannot be bought has truthfully no price.
 */
export function product(): {
  price: Reader<number | undefined, ProductSpec>
  currency: Reader<string | undefined, ProductSpec>
  availability: Reader<Availability | undefined, ProductSpec>
} {
  return {
    price: { kind: 'product', property: 'price' },
    currency: { kind: 'product', property: 'currency', optional: true },
    availability: { kind: 'product', property: 'availability', optional: true },
  }
}
