/** Of an address nothing is told that opens doors, wherever it stands in it; what leads to the page stays. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskAddress, maskAddresses, maskParameters } from './mask-address.ts'

test.each([
  ['https://ann:hunter22@shop.example/a?b=1', 'https://shop.example/a?b=1'],
  ['https:/\\ann:hunter22@shop.example/a', 'https://shop.example/a'],
  ['https://shop.example/cb#access_token=hunter22', 'https://shop.example/cb'],
  [
    'https://shop.example/?page=2&access_token=hunter22&x=1',
    'https://shop.example/?page=2&access_token=[secret]&x=1',
  ],
  ['https://shop.example/?apiKey=hunter22', 'https://shop.example/?apiKey=[secret]'],
  ['https://shop.example/?%74oken=hunter22', 'https://shop.example/?%74oken=[secret]'],
  ['https://shop.example/?to\nken=hunter22', 'https://shop.example/?token=[secret]'],
  ['https://shop.example/?a=1;sid=hunter22;x', 'https://shop.example/?a=1;sid=[secret]'],
  ['https://shop.example/a;jsessionid=hunter22/b', 'https://shop.example/a;jsessionid=[secret]/b'],
  ['https://shop.example/?next=%2Fa%253Ftoken%253Dhunter22', 'https://shop.example/?next=[secret]'],
  ['https://shop.example/?next=https%3A%2F%2Fann%3Apw%40b.example', 'https://shop.example/?next=[secret]'],
  ['https://shop.example/?q=jane.doe%40mail.example', 'https://shop.example/?q=[secret]'],
  ['https://shop.example/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abc', 'https://shop.example/reset/[secret]'],
  [
    'https://shop.example/?X-Amz-Credential=hunter22&X-Amz-Date=1',
    'https://shop.example/?X-Amz-Credential=[secret]&X-Amz-Date=1',
  ],
  ['https://shop.example/?v=3f786850e387550fdab836ed7e6dc881de23001b', 'https://shop.example/?v=[secret]'],
  ['https://shop.example/?s=9f86d081884c7d65', 'https://shop.example/?s=[secret]'],
  ['myapp://cb?code=hunter22', 'myapp://cb?code=[secret]'],
  ['myapp://9f86d081884c7d65/a', 'myapp://[secret]/a'],
  ['https://9f86d081884c7d65.example/9f86d081884c7d65', 'https://9f86d081884c7d65.example/[secret]'],
  ['//9f86d081884c7d65.example:81/9f86d081884c7d65', '//9f86d081884c7d65.example:81/[secret]'],
  ["https://ann:p'w@shop.example/", 'https://shop.example/'],
  ['mailto:jane.doe@mail.example', 'mailto:[secret]'],
  ['http://ann:hunter22@[', 'http://['],
])('%s', (address, told) => {
  expect(maskAddress(address)).toBe(told)
})

test.each([
  'https://north.example/accounts?page=2&sort=price&keyword=shoes&country_code=DE&author=Ann&authors=2&monkey=1',
  'https://shop.example',
  'http://127.0.0.1:8080/p/9783161484100/a-very-long-slug-of-a-page-that-was-written-in-2024',
  'http://[::1]:81/AnnualReport2024.html?from=2026-11-28&design=new&zipcode=10115',
  'https://shop.example/?empty=&flag&next=%2Faccounts%3Fpage%3D2&q=a+b',
])('stays: %s', (address) => {
  expect(maskAddress(address)).toBe(address)
})

test('addresses within text, and only these', () => {
  expect(maskAddresses('BAD_REDIRECT: to "https://a.example/?token=x", and key=y')).toBe(
    'BAD_REDIRECT: to "https://a.example/?token=[secret]", and key=y',
  )
})

test.each([
  ["at https://h/o'neil?token=hunter2", "at https://h/o'neil?token=[secret]"],
  ["to https://u:p'w@h/ now", 'to https://h/ now'],
  [
    "'https://a.example/?token=x', 'https://b.example/'",
    "'https://a.example/?token=[secret]', 'https://b.example/'",
  ],
  ["('https://a.example/?token=x')", "('https://a.example/?token=[secret]')"],
  ["is 'https://a.example/?token=x'", "is 'https://a.example/?token=[secret]'"],
])('addresses with or between apostrophes: %s', (text, told) => {
  expect(maskAddresses(text)).toBe(told)
})

test('what follows so long an address that it is cut is a part of it', () => {
  expect(maskAddresses(`https://a.example/?q=${'a'.repeat(9000)}&token=hunter2`)).toMatch(/q=a+$/)
})

test('in pages only parameters with secret names change, fragments included', () => {
  expect(maskParameters('/a.css?v=3f786850e387550fdab836ed7e6dc881de23001b#top')).toBe(
    '/a.css?v=3f786850e387550fdab836ed7e6dc881de23001b#top',
  )
  expect(maskParameters('#access_token=hunter22&x=1')).toBe('#access_token=[secret]&x=1')
})

test.each([
  'authkey',
  'appkey',
  'sharedkey',
  'mykey',
  'hashkey',
  'encryptionkey',
  'signingkey',
  'userauth',
  'authcode',
  'authid',
  'accesscode',
  'access_code',
  'inviteCode',
  'verification_code',
  'confirmcode',
])('%s is the name of a secret', (name) => {
  expect(maskParameters(`/a?${name}=hunter22&b=1`)).toBe(`/a?${name}=[secret]&b=1`)
})

/** Names that platforms give: they look random, and are where the page is. */
const PLATFORM_HOSTS = [
  'my-app-9fk3l2x8q.vercel.app',
  'shop-7x3k9q2m4p-uc.a.run.app',
  'net-9f86d081884c7d65.elb.eu-west-1.amazonaws.com',
  '64f1c2a9b3d4e5f6a7b8c9d0--shop.netlify.app',
  'shop-3f9a1c7e5b2d.herokuapp.com',
  'd111111abcdef8.cloudfront.net',
  '123e4567-e89b-42d3-a456-426614174000.example',
]

test.each(PLATFORM_HOSTS)('stays: %s', (host) => {
  for (const address of [`https://${host}`, `http://${host}:8080/prices?page=2`, `//${host}/prices`])
    expect(maskAddress(address)).toBe(address)
})

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const secret = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => random(bytes, 'base64url')),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => random(bytes, 'hex')),
  fc.uuid(),
)
/** Shrinking must not make zeros of it, which nobody takes for a secret. */
function random({ length }: Uint8Array, encoding: 'base64url' | 'hex'): string {
  return randomBytes(length).toString(encoding)
}
const secretName = fc.constantFrom(
  'token',
  'access_token',
  'apiKey',
  'X-Amz-Signature',
  'PHPSESSID',
  'sid',
  'code',
  'password',
)

test('whatever secret is put wherever in an address, it is not told; host and plain parameters are', () => {
  const address = fc.record({
    host: fc.oneof(
      word.map((name) => `${name}.example`),
      fc.constantFrom(...PLATFORM_HOSTS),
    ),
    path: fc.array(word, { maxLength: 3 }),
    plain: fc.array(fc.tuple(fc.constantFrom('page', 'q', 'sort'), word), { maxLength: 2 }),
    secret,
    place: fc.constantFrom('user', 'password', 'fragment', 'value', 'nested', 'path', 'named'),
    name: secretName,
    named: fc.stringMatching(/^[a-z0-9]{6,9}q7$/),
  })
  fc.assert(
    fc.property(address, ({ host, path, plain, secret: shaped, place, name, named }) => {
      const hidden = place === 'named' ? named : shaped
      const user = place === 'user' ? `${hidden}@` : place === 'password' ? `ann:${hidden}@` : ''
      const pieces = place === 'path' ? [...path, hidden] : path
      const extra: [string, string][] =
        place === 'value'
          ? [['v', hidden]]
          : place === 'nested'
            ? [['next', encodeURIComponent(`/a?b=${encodeURIComponent(hidden)}`)]]
            : place === 'named'
              ? [[name, hidden]]
              : []
      const query = [...plain, ...extra].map(([key, value]) => `${key}=${value}`).join('&')
      const fragment = place === 'fragment' ? `#${hidden}` : ''
      const told = maskAddress(`https://${user}${host}/${pieces.join('/')}?${query}${fragment}`)
      expect(told).not.toContain(hidden)
      expect(told.startsWith(`https://${host}/`)).toBe(true)
      for (const [key, value] of plain) expect(told).toContain(`${key}=${value}`)
      for (const piece of path) expect(told).toContain(`/${piece}`)
      expect(maskAddress(told)).toBe(told)
    }),
    { numRuns: 200 },
  )
})

test.each([
  'a',
  '?a=',
  '%25',
  '//@',
  ';a=',
  '&;',
  'A1',
  'eyJ.',
  '/',
  '%2525',
  "'",
  'a://',
  'encrypt',
  '?signverif',
])('100 kB of "%s" take no time', (piece) => {
  const begun = performance.now()
  maskAddress(`https://a.example/${piece.repeat(Math.ceil(1e5 / piece.length))}`)
  maskAddresses(`https://a.example/${piece.repeat(Math.ceil(1e5 / piece.length))}`)
  maskParameters(`?${piece.repeat(Math.ceil(1e5 / piece.length))}=`)
  expect(performance.now() - begun).toBeLessThan(2000)
})
