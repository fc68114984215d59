/** What is personal or secret is gone; prices, dates, times, names of classes and plain words stay. */
import { expect, test } from 'vitest'
import { maskText } from './mask.ts'
import { maskMarkup } from './mask-markup.ts'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'

test.each([
  ['Write to jane.doe+x@mail.example.co.uk now', 'Write to [email] now'],
  ['IBAN DE89 3704 0044 0532 0130 00 of Jane', 'IBAN [iban] of Jane'],
  ['GB82WEST12345698765432', '[iban]'],
  ['Visa 4111 1111 1111 1111.', 'Visa [card].'],
  ['5500-0000-0000-0004', '[card]'],
  ['Tel. +49 (30) 123 45-67', 'Tel. [phone]'],
  ['call (555) 123-4567 or 555-123-4567', 'call [phone] or [phone]'],
  ['030/1234567', '[phone]'],
  ['account 1234567890', 'account [number]'],
  ['account 1234 5678 9012', 'account [number]'],
  [`id ${JWT}`, 'id [token]'],
  ['Authorization: Bearer abc.def.ghi', 'Authorization: [secret]'],
  ['bearer abcdefgh12345678', 'bearer [token]'],
  ['Set-Cookie: sid=1; Path=/', 'Set-Cookie: [secret]'],
  ['sk_live_abcdefghij1234567890', '[token]'],
  ['{"csrfToken":"a8f0cc31","password": "hunter22"}', '{"csrfToken":"[secret]","password": "[secret]"}'],
  ['key 3f786850e387550fdab836ed7e6dc881de23001b', 'key [token]'],
  ['key c63293d681481031b46bbeffaae73bfd', 'key [token]'],
  ['?sig=1&token=abcd1234&page=2', '?sig=1&token=[secret]&page=2'],
])('%s', (text, masked) => {
  expect(maskText(text)).toBe(masked)
})

test.each([
  '1.234,56 €',
  'CHF 1’234.50',
  '12 345 678 kr',
  '2026-11-28 06:34:29',
  '28.11.2026, 14:05',
  'nothing matches "[data-balance]"',
  'North Bank has 1,204 offices',
  'a-very-long-slug-of-a-page-that-was-written-in-2024-for-people',
  'product-card__price-per-unit--highlighted',
  'ISBN 978-3-16',
])('stays: %s', (text) => {
  expect(maskText(text)).toBe(text)
})

test.each(['a', 'a-', '1 ', '@', 'eyJ-', 'eyJ.', 'a.', '0 ', 'AB12 ', '"token":', '+1('])(
  '100 kB of "%s" take no time',
  (piece) => {
    const begun = performance.now()
    maskText(piece.repeat(Math.ceil(1e5 / piece.length)))
    expect(performance.now() - begun).toBeLessThan(4000)
  },
)

test('markup that no browser has parsed: without scripts, form values and tokens', () => {
  const page = `<title>Busy</title><meta name="csrf-token" content="abc"><meta name="description" content="A bank">
<script src="/a.js" nonce=1>var key = 'hunter22'</script><SCRIPT type="application/ld+json">{"email":"a@b.example"}</SCRIPT>
<input type=hidden name=t value="hunter22"><p>503, call +49 30 1234567</p><script>never = 'hunter22'`
  expect(maskMarkup(page))
    .toBe(`<title>Busy</title><meta name="csrf-token" content="[secret]"><meta name="description" content="A bank">
<script src="/a.js" nonce=1>/* 20 characters of script */</script><script type="application/ld+json">{"email":"[email]"}</SCRIPT>
<input type=hidden name=t value="[secret]"><p>503, call [phone]</p><script>/* 18 characters of script */`)
})

test.each(['<script', '<script>', '<input ', '<input value="', '</script'])(
  '100 kB of "%s" take no time',
  (piece) => {
    const begun = performance.now()
    maskMarkup(piece.repeat(Math.ceil(1e5 / piece.length)))
    expect(performance.now() - begun).toBeLessThan(4000)
  },
)
