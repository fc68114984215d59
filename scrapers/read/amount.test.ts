/** Amounts in the notations of many countries. */
import { expect, test } from 'vitest'
import { parseAmount, parseCurrency } from './amount.ts'

test.each([
  ['1.234,56 €', 1234.56],
  ['$1,234.56', 1234.56],
  ['€ 12,-', 12],
  ["CHF 1'234.–", 1234],
  ['CHF 1’234.50', 1234.5],
  ['1 234,56 zł', 1234.56],
  ['12\u00a0990\u00a0₽', 12990],
  ['1\u202f149,00 €', 1149],
  ['₹1,23,456.00', 123456],
  ['R$ 1.759,99', 1759.99],
  ['NT$2,320', 2320],
  ['Rs 23,450', 23450],
  ['£1,899', 1899],
  ['44 890 тг.', 44890],
  ['0.999', 0.999],
  ['1.234.567', 1234567],
  ['99', 99],
  ['2 x 15,50', 2],
  ['-5,00 €', -5],
  ['−€5.00', -5],
  ['Balance: -$1,200.10', -1200.1],
  ['(1,234.56)', -1234.56],
  ['10-20 €', 10],
  ['١٢٣٫٤٥', 123.45],
  ['from 19.90', 19.9],
  ['price on request', null],
  ['', null],
])('money %s', (text, value) => {
  expect(parseAmount(text)).toBe(value)
})

test('a number keeps its lone decimal point', () => {
  expect(parseAmount('1.234', { as: 'number' })).toBe(1.234)
  expect(parseAmount('1,234', { as: 'number' })).toBe(1234)
  expect(parseAmount('1.234', { as: 'number', decimal: ',' })).toBe(1234)
  expect(parseAmount('1,234', { as: 'money', decimal: ',' })).toBe(1.234)
})

test('endless text costs nothing', () => {
  expect(parseAmount('x'.repeat(1e6) + '5')).toBe(null)
})

test.each([
  ['R$ 5', 'BRL'],
  ['5 €', 'EUR'],
  ['$5', 'USD'],
  ['GBP', 'GBP'],
  ['5', null],
])('currency of %s', (text, code) => {
  expect(parseCurrency(text)).toBe(code)
})
