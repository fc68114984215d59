/** Every config in bad/ has one mistake, and the words that explain it stand beside it. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadConfig } from './load.ts'
import { ConfigError } from './mistake.ts'

const folder = 'engine/config/bad/'
const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))

test.each(names)('%s', async (name) => {
  const expected = readFileSync(folder + name.replace(/\.ts$/, '.txt'), 'utf8').trim()
  const error: unknown = await loadConfig(folder + name, {}).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect((error as ConfigError).explain()).toBe(expected)
})

test('there are plenty of them, and no secret is repeated', () => {
  expect(names.length).toBeGreaterThanOrEqual(20)
  expect(readFileSync(`${folder}channel-secret.txt`, 'utf8')).not.toContain('very-secret')
})
