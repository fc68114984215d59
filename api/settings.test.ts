/** The environment: what may start, and what is refused with a word on what to set. */
import { expect, test } from 'vitest'
import { WeirError } from '../engine/index.ts'
import { readSettings } from './settings.ts'

test('the default is this machine only, without a key', () => {
  expect(readSettings({})).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    key: null,
    loopback: true,
    deliver: false,
  })
})

test.each([
  [{ HOST: '0.0.0.0' }, /WEIR_API_KEY is not set/],
  [{ HOST: '::' }, /WEIR_API_KEY is not set/],
  [{ HOST: '0.0.0.0', WEIR_API_KEY: 'short' }, /shorter than 16/],
  [{ PORT: '99999' }, /PORT=99999/],
  [{ PORT: 'http' }, /PORT=http/],
])('%j is refused', (env, words) => {
  expect(() => readSettings(env)).toThrow(words)
  expect(() => readSettings(env)).toThrow(WeirError)
})

test('another address with a key is served', () => {
  const settings = readSettings({ HOST: '0.0.0.0', WEIR_API_KEY: 'a'.repeat(24), PORT: '0' })
  expect(settings).toMatchObject({ loopback: false, port: 0 })
})
