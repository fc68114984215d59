/** Hand-made signals for tests: a good page, changed in one or two respects. */
import { type FieldResult, type Signals, blankSignals } from './signals.ts'

export const okField = (value: unknown = 1): FieldResult => ({
  state: 'ok',
  optional: false,
  value,
  matches: 1,
  source: 'selector',
  note: '',
})
export const field = (state: FieldResult['state'], more: Partial<FieldResult> = {}): FieldResult => ({
  state,
  optional: false,
  matches: 0,
  note: `${state} for the test`,
  ...more,
})

/** A browser run that went well, with `change` applied. */
export function page(change: Partial<Signals> = {}): Signals {
  return {
    ...blankSignals({ kind: 'browser', url: 'https://north.example/accounts' }),
    finalUrl: 'https://north.example/accounts',
    main: { status: 200, headers: { 'content-type': 'text/html' } },
    title: 'North Bank',
    landmarks: marks(3, 3),
    fields: { balance: okField(12.5), transactions: okField(['a']) },
    timings: { total: 100, response: 20 },
    ...change,
  }
}

/** An HTTP check that went well, with `change` applied. */
export function checked(change: Partial<Signals> = {}): Signals {
  return {
    ...blankSignals({ kind: 'http', url: 'https://shop.example/' }),
    finalUrl: 'https://shop.example/',
    main: { status: 200, headers: {} },
    expectedStatus: 200,
    bodyBytes: 100,
    ...change,
  }
}

/** `matched` of `all` landmarks are there. */
export function marks(matched: number, all: number): Signals['landmarks'] {
  return Array.from({ length: all }, (_, i) => ({ source: `mark ${i + 1}`, matched: i < matched }))
}

export function answered(status: number, headers: Record<string, string> = {}): Signals['main'] {
  return { status, headers }
}
