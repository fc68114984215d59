/** From what a page shows to a file: names, landmarks that last, and nothing that escapes from its literal. */
import { expect, test } from 'vitest'
import type { RawSuggestions } from './in-page-suggest.ts'
import { scraperSource, testSource } from './source.ts'
import { suggest } from './suggest.ts'

const RAW: RawSuggestions = {
  title: 'Accounts | North Bank',
  heading: 'Accounts',
  siteName: '',
  types: ['BreadcrumbList', 'BankAccount'],
  sells: false,
  values: [
    { selector: '[data-balance]', text: '1.234,56 €', label: 'Balance' },
    { selector: '[data-test="overdraft-limit"]', text: '500', label: '' },
    { selector: '#iban', text: 'DE89 3704 0044 0532 0130 00', label: 'IBAN' },
    { selector: 'tr.sum .x', text: 'since 2019', label: 'Balance' },
  ],
  lists: [{ selector: 'tr.tx', count: 4, first: '01.11. Shop' }],
  nothing: ['No transactions yet'],
}

test('fields are named by label or selector, once each; what looks personal is private', () => {
  const { fields } = suggest(RAW)
  expect(fields.map(({ name, code }) => `${name}: ${code}`)).toEqual([
    `balance: money('[data-balance]', { label: 'Balance' })`,
    `overdraftLimit: number('[data-test="overdraft-limit"]')`,
    `iban: text('#iban', { label: 'IBAN', private: true })`,
    `balance2: text('tr.sum .x', { label: 'Balance' })`,
    `tx: list('tr.tx', { absentWhen: 'No transactions yet' })`,
  ])
  expect(fields[2]).toMatchObject({ seen: '[iban]', hide: '#iban' })
})

test('landmarks are what will still be there tomorrow', () => {
  expect(suggest(RAW).is).toEqual(['h1 = Accounts', 'title ~ North Bank', 'json-ld ~ BankAccount'])
  expect(suggest({ ...RAW, heading: '27 offers', title: 'Sale 2026', types: [] }).is).toEqual(['h1'])
  expect(suggest({ ...RAW, heading: '', title: '', types: ['WebPage'] }).is).toEqual([])
})

test('a page that sells is read as a product, and a bare one by its heading', () => {
  expect(suggest({ ...RAW, sells: true, values: [], lists: [] }).fields[0]?.code).toBe('product()')
  const bare = suggest({ ...RAW, values: [], lists: [] })
  expect(bare.fields.map(({ code }) => code)).toEqual([`text('h1')`])
})

test('what a page says leaves neither its literal nor its comment', () => {
  const evil = `*/ '+process.exit()+' \\\n\u2028\`\${1}`
  const suggestion = suggest({
    ...RAW,
    heading: evil,
    title: evil,
    values: [{ selector: `[data-x="${evil}"]`, text: `${evil} 1 €`, label: evil }],
    nothing: [evil],
  })
  const url = 'https://n.example/?q=*/process.exit()'
  const source = scraperSource({ name: 'x', url, local: false, suggestion, file: 'sites/*/x.ts' })
  const code = source
    .replace(/^\/\*\*.*?\*\/$/m, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, '')
    .replace(/\/\/.*$/gm, '')
  expect(code).not.toMatch(/process\.|exit\(|`|\*\//)
  expect(source.split('\n')[0]).toMatch(/^\/\*\* .* \*\/$/)
  expect(testSource('x', 'x.ts').split('\n')[0]).toMatch(/^\/\*\* .* \*\/$/)
})
