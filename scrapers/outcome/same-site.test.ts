import { expect, test } from 'vitest'
import { sameSite } from './same-site.ts'

test.each([
  ['https://a.example/x', 'https://www.a.example/y', true],
  ['https://shop.a.co.uk/', 'https://www.a.co.uk/', true],
  ['https://a.co.uk/', 'https://b.co.uk/', false],
  ['https://a.example/', 'https://b.example/', false],
  ['http://10.0.0.1/', 'http://10.0.0.1/login', true],
  ['http://10.0.0.1/', 'http://11.0.0.1/', false],
  ['http://north.localhost:1/', 'http://north.localhost:1/b', true],
  ['http://north.localhost:1/', 'http://south.localhost:1/', false],
  ['https://a.com.br/', 'https://b.com.br/', false],
  ['https://co.example.com/', 'https://www.example.com/', true],
  ['https://a.example/', 'chrome-error://chromewebdata/', false],
])('%s and %s', (a, b, same) => {
  expect(sameSite(a, b)).toBe(same)
})
