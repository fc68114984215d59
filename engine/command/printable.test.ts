import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, printableJson } from './printable.ts'

const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}]/u

const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 30 })
  .map((codes) => String.fromCodePoint(...codes))

test.each([
  ['an escape sequence that would clear the screen', '\x1b[2J', String.raw`\x1b[2J`],
  ['an eight bit one', '\x9b2J', String.raw`\x9b2J`],
  ['a link', '\x1b]8;;http://x\x07y', String.raw`\x1b]8;;http://x\x07y`],
  ['lines', 'a\r\nb\tc\u2028d', String.raw`a\r\nb\tc\u{2028}d`],
  ['reversed text', 'a\u202eb\u2066c', String.raw`a\u{202e}b\u{2066}c`],
  ['text without width', 'a\u200bb\ufeffc\u{e0041}', String.raw`a\u{200b}b\u{feff}c\u{e0041}`],
  ['half a character', 'a\ud800b', String.raw`a\u{d800}b`],
  ['what people write', 'Grüße, 北京 – 12 €', 'Grüße, 北京 – 12 €'],
])('%s', (_, text, shown) => expect(printable(text)).toBe(shown))

test('never longer than asked, whatever it holds', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, most) => {
      const shown = printable(text, most)
      expect([...shown].length).toBeLessThanOrEqual(most)
      expect(shown).not.toMatch(HARMFUL)
    }),
  )
  expect(printable('abcdef', 4)).toBe('abc…')
  expect(printable('abcd', 4)).toBe('abcd')
})

test('JSON means the same and holds nothing hidden', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText), (value) => {
      const json = printableJson(value)
      expect(JSON.parse(json)).toEqual({ ...value })
      expect(json).not.toMatch(HARMFUL)
    }),
  )
})
