/** From raw finds to fields: missing is never absent, empty is not missing, and nothing is made up. */
import { describe, expect, test } from 'vitest'
import { attr, list, money, number, product, text } from './field.ts'
import type { RawField } from './in-page.ts'
import type { RawProduct } from './in-page-product.ts'
import { interpret, valuesOf } from './interpret.ts'

const raw = (more: Partial<RawField> = {}): RawField => ({
  matches: 0,
  texts: [],
  items: [],
  marker: false,
  label: false,
  ...more,
})
const one = (read: Parameters<typeof interpret>[0][string], found: Partial<RawField>) =>
  interpret({ f: read }, { fields: { f: raw(found) }, product: null })['f']!

test.each([
  ['a value', money('.b'), { matches: 1, texts: ['1.234,56 €'] }, 'ok'],
  ['no match', money('.b'), {}, 'missing'],
  ['no match, marker on the page', list('.t', { absentWhen: 'None' }), { marker: true }, 'absent'],
  ['no match, no marker', list('.t', { absentWhen: 'None' }), {}, 'missing'],
  [
    'a marker beside real items',
    list('.t', { absentWhen: 'None' }),
    { matches: 1, texts: ['a'], marker: true },
    'ok',
  ],
  ['there but empty', text('.b'), { matches: 1, texts: [''] }, 'empty'],
  ['no amount', money('.b'), { matches: 1, texts: ['N/A'] }, 'invalid'],
  ['no number', number('.b'), { matches: 1, texts: ['many'] }, 'invalid'],
  ['no such attribute', text('.b'), { matches: 1, texts: [null] }, 'missing'],
  ['a selector that is none', text('.b['), { error: 'SyntaxError' }, 'missing'],
  [
    'no item with its part',
    list('.t', { fields: { a: money('.a') } }),
    { matches: 2, items: [{ a: null }, { a: null }] },
    'missing',
  ],
  [
    'an item without its part',
    list('.t', { fields: { a: money('.a') } }),
    { matches: 2, items: [{ a: null }, { a: '5 €' }] },
    'invalid',
  ],
  [
    'items whose part is empty',
    list('.t', { fields: { a: money('.a') } }),
    { matches: 2, items: [{ a: '' }, { a: null }] },
    'invalid',
  ],
  [
    'no item with an optional part',
    list('.t', { fields: { a: money('.a', { optional: true }) } }),
    { matches: 1, items: [{ a: null }] },
    'ok',
  ],
  [
    'items with their parts',
    list('.t', { fields: { a: money('.a') } }),
    { matches: 1, items: [{ a: '5 €' }] },
    'ok',
  ],
] as const)('%s', (_, read, found, state) => {
  expect(one(read, found as Partial<RawField>).state).toBe(state)
})

test('a list that lacks parts says which, and in how many items', () => {
  const read = list('.t', { fields: { a: money('.a'), b: attr('a', 'href') } })
  const lost = one(read, {
    matches: 3,
    items: [
      { a: '5 €', b: null },
      { a: 'N/A', b: null },
      { a: '6 €', b: null },
    ],
  })
  expect(lost.note).toBe(
    'b: nothing matches "a" with href in 3 of 3 items, a: "N/A" is no amount in 1 of 3 items',
  )
  expect(lost).not.toHaveProperty('value')
})

test('the label that is still there is evidence', () => {
  const lost = one(money('.b', { label: 'Balance' }), { label: true })
  expect(lost.note).toBe('nothing matches ".b", though "Balance" still stands on the page')
})

test('values are those read, and truthfully empty lists', () => {
  const fields = interpret(
    { a: money('.a'), b: list('.b', { absentWhen: 'None' }), c: text('.c', { optional: true }) },
    { fields: { a: raw({ matches: 1, texts: ['5 €'] }), b: raw({ marker: true }), c: raw() }, product: null },
  )
  expect(valuesOf(fields)).toEqual({ a: 5, b: [] })
})

describe('products', () => {
  const page = (more: Partial<RawProduct> = {}): RawProduct => ({
    jsonLd: [],
    microdata: [],
    meta: {},
    prices: [],
    stock: [],
    heading: 'A lamp',
    lang: 'en',
    ...more,
  })
  const read = (more: Partial<RawProduct>) => {
    const field = raw()
    return interpret(product(), {
      fields: { price: field, currency: field, availability: field },
      product: page(more),
    })
  }
  const offer = (offers: object) => [JSON.stringify({ '@type': 'Product', name: 'A lamp', offers })]
  const shown = (text: string, more: object = {}) => ({
    text,
    hint: 'price',
    around: '',
    struck: false,
    hidden: false,
    buying: false,
    before: '',
    fontSize: 20,
    distance: 10,
    climb: 3,
    ...more,
  })

  test('structured data speak first', () => {
    const fields = read({
      jsonLd: offer({ price: '36.50', priceCurrency: 'GBP', availability: 'https://schema.org/InStock' }),
    })
    expect(valuesOf(fields)).toEqual({ price: 36.5, currency: 'GBP', availability: 'InStock' })
  })
  test('a price crossed out on the page is an old one, whatever the structured data say', () => {
    const fields = read({
      jsonLd: offer({ price: '219.99', priceCurrency: 'EUR' }),
      prices: [shown('€219.99', { struck: true }), shown('€110.00')],
    })
    expect(fields['price']).toMatchObject({ value: 110, source: 'markup' })
  })
  test('sold out without a price is absent, not missing', () => {
    const fields = read({ jsonLd: offer({ availability: 'OutOfStock' }) })
    expect([fields['price']?.state, fields['availability']?.value]).toEqual(['absent', 'OutOfStock'])
  })
  test('one size in stock is in stock', () => {
    const fields = read({
      jsonLd: offer([
        { price: 5, availability: 'OutOfStock' },
        { price: 5, availability: 'InStock' },
      ]),
    })
    expect(fields['availability']?.value).toBe('InStock')
  })
  test('instalments and delivery are no price', () => {
    const fields = read({
      prices: [
        shown('€9.99', { before: 'per month ' }),
        shown('€3.50', { hint: 'delivery-price' }),
        shown('€299'),
      ],
    })
    expect(fields['price']?.value).toBe(299)
  })
  test('a page that says nothing has no price', () => {
    expect(read({})['price']?.state).toBe('missing')
  })
  test('broken JSON-LD is read as well as it can be, and never throws', () => {
    const broken = '{"@type": "product", "name": "A\nlamp", "offers": {"price": 5,},}'
    expect(read({ jsonLd: [broken, '{{{', '[null, 5]'] })['price']?.value).toBe(5)
  })
})
