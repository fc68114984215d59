import { expect, test } from 'vitest'
import { clean, name, nameIn } from './name.ts'

test.for([
  ['north-bank', 'North Bank'],
  ['checkout_api', 'Checkout API'],
  ['bank', 'Bank'],
  ['österreich-bank', 'Österreich Bank'],
  ['BTC-EUR', 'BTC-EUR'],
  ['shop.example.com', 'shop.example.com'],
  ['', ''],
])('%s is called %s', ([raw, called]) => {
  expect(name(raw!)).toBe(called)
})

test('texts come on one line, bounded, and cannot turn their surroundings around', () => {
  expect(clean('a\n\tb\u0000c', 10)).toBe('a b c')
  expect(clean('safe \u202Eevil\u2066', 20)).toBe('safe evil')
  expect(clean('x'.repeat(300), 10)).toBe(`${'x'.repeat(9)}…`)
  expect([...clean('👩‍👩‍👧'.repeat(30), 5)].length).toBeLessThan(30)
  expect(clean('a\u0301'.repeat(4000), 20).length).toBeLessThan(90)
})

test('a raw name in a sentence becomes the name people read, but not inside another word', () => {
  expect(nameIn('north-bank changed', 'north-bank')).toBe('North Bank changed')
  expect(nameIn('north-bank-2 changed', 'north-bank')).toBe('north-bank-2 changed')
  expect(nameIn('a (b) c', '(b)')).toBe('a (b) c')
  expect(nameIn('$& north', 'north')).toBe('$& North')
})
