import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCsv } from './csv.ts'

test('quotes, doubled quotes, line breaks inside them, empty lines, a byte order mark', () => {
  const text = '\uFEFFname,url\r\na,"x, ""y"""\n\n"two\nlines", z \nlast,'
  expect(parseCsv(text)).toEqual({
    broken: null,
    rows: [
      { line: 1, cells: ['name', 'url'] },
      { line: 2, cells: ['a', 'x, "y"'] },
      { line: 4, cells: ['two\nlines', 'z'] },
      { line: 6, cells: ['last', ''] },
    ],
  })
})

test('a quote that is never closed is found on its line', () => {
  expect(parseCsv('name\n"a\nb\nc').broken).toBe(2)
})

test('any cells survive, quoted', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') })
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 })
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\n')
      expect(parseCsv(text).rows.map((row) => row.cells)).toEqual(rows)
    }),
  )
})
