import { expect, test } from 'vitest'
import { check, list, money, product, scraper, text } from '../index.ts'
import type { ReaderMap } from '../read/field.ts'
import { absenceGaps } from './absence-gap.ts'

const gaps = (read: ReaderMap, is = ['h1 = Accounts']) =>
  absenceGaps(scraper('a', { visit: 'https://a.example/', every: '1m', is, read }))

test('names the fields whose emptiness could not be told from their loss', () => {
  expect(gaps({ rows: list('tr'), note: text('.note', { optional: true }), sum: money('b') })).toEqual([
    'rows declares no absentWhen: an empty list is told as missing',
    'note declares no absentWhen: a value that is truthfully not there is told as missing',
  ])
  expect(gaps({ sum: money('b') })).toEqual([
    'no field declares absentWhen: nothing but a 404 or 410 is ever told as absent',
  ])
  expect(gaps({ rows: list('tr', { absentWhen: 'None' }) }, [])).toEqual([
    'rows declares absentWhen without any landmark (is): every page with that sign counts',
  ])
})

test('is silent where a sign, or that none is needed, is declared, and where no field is read', () => {
  expect(gaps({ rows: list('tr', { absentWhen: 'None' }), sum: money('b') })).toEqual([])
  expect(gaps({ rows: list('tr', { absentWhen: false }), sum: money('b') })).toEqual([])
  expect(gaps({ sum: money('b', { absentWhen: false }) })).toEqual([])
  expect(gaps(product())).toEqual([])
  expect(absenceGaps(check('c', { url: 'https://a.example/', every: '1m' }))).toEqual([])
})
