/** The same failure keeps its fingerprint whatever the page says; another failure has another. */
import { expect, test } from 'vitest'
import { fingerprintOf, messageTemplate } from './fingerprint.ts'

const failure = {
  scraper: 'north-bank',
  outcome: 'layout_changed',
  reason: 'selector',
  fields: ['balance', 'iban'],
  detail: 'balance: nothing matches "#balance"; iban: nothing matches "#iban"',
}

test('12 hex digits, the same in any order of the fields', () => {
  const print = fingerprintOf(failure)
  expect(print).toMatch(/^[0-9a-f]{12}$/)
  expect(fingerprintOf({ ...failure, fields: ['iban', 'balance', 'iban'] })).toBe(print)
})

test.each([
  ['the site answered 429, Retry-After: 30', 'the site answered 429, Retry-After: 3600'],
  ['redirected to https://a.example/x?id=1', 'redirected to https://b.example/'],
  ['not the page. The page is titled "Sale 1".', 'not the page. The page is titled "Sale of the day, 27".'],
  ['a balance of 1.204,50 €', 'a balance of 7 €'],
  ['incident 18-4af09c-x', 'incident 99-beef1-y'],
])('%s is %s', (a, b) => {
  expect(messageTemplate(a)).toBe(messageTemplate(b))
})

test.each([
  { scraper: 'south-bank' },
  { outcome: 'invalid_data' },
  { reason: 'identity' },
  { fields: ['balance'] },
])('another failure: %o', (change) => {
  expect(fingerprintOf({ ...failure, ...change })).not.toBe(fingerprintOf(failure))
})

test('a quotation that never ends takes no time', () => {
  expect(messageTemplate('"'.repeat(1e5)).length).toBeLessThanOrEqual(200)
})
