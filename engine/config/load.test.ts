import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadConfig, loadConfigWithFiles } from './load.ts'
import { ConfigError } from './mistake.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'weir-load-')))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
async function refused(path: string): Promise<ConfigError> {
  const error: unknown = await loadConfig(path, {}).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  return error as ConfigError
}

test('a reload sees changes in the file and in all it imports, and says what to watch', async () => {
  const config = write(
    'reload.ts',
    `import { defineConfig, fromFile } from 'weir'
     import { title } from './part.ts'
     import data from './part.json' with { type: 'json' }
     export default defineConfig({ namespace: data.name, checks: fromFile('part.csv'), board: { title } })`,
  )
  const [part, json, csv] = [
    write('part.ts', 'export const title: string = "one"'),
    write('part.json', '{"name":"one"}'),
    write('part.csv', 'name,url\na,https://a.example/'),
  ]
  const first = await loadConfigWithFiles(config, {})
  expect(first.files.toSorted()).toEqual([csv, json, part, config].toSorted())
  expect(first.config).toMatchObject({ namespace: 'one', board: { title: 'one' } })

  write('part.ts', 'export const title: string = "two"')
  write('part.json', '{"name":"two"}')
  write('part.csv', 'name,url\nb,https://b.example/')
  const second = await loadConfig(config, {})
  expect(second).toMatchObject({ namespace: 'two', board: { title: 'two' }, checks: [{ name: 'b' }] })
  expect(second.hash).not.toBe(first.config.hash)
})

test('WEIR_NAMESPACE has the last word, and is checked too', async () => {
  const config = write(
    'ns.ts',
    `import { defineConfig } from 'weir'\nexport default defineConfig({ namespace: 'a' })`,
  )
  expect((await loadConfig(config, {})).namespace).toBe('a')
  expect((await loadConfig(config, { WEIR_NAMESPACE: 'b' })).namespace).toBe('b')
  await expect(loadConfig(config, { WEIR_NAMESPACE: 'B {}' })).rejects.toThrow('from WEIR_NAMESPACE')
})

test('a syntax error has its file, line and column, in an imported file too', async () => {
  const part = write('syntax.ts', 'export const a = 1\nexport const b = = 2\n')
  const config = write('imports-syntax.ts', `import { a } from './syntax.ts'\nexport default a\n`)
  const error = await refused(config)
  expect(error.explain()).toBe(`${part}:2:18: the syntax is wrong: Unexpected token. Correct it there.`)
  expect(error.files).toEqual([config, part])
})

test('what a config throws has the place it was thrown from', async () => {
  const config = write('throws.ts', `type A = {\n  a: string\n}\n\nthrow new Error('no good.')\n`)
  expect((await refused(config)).explain()).toMatch(/:5:\d+: it throws while it is loaded: no good\. Correct/)
  expect((await refused(write('null.ts', 'throw null'))).message).toContain('throws while it is loaded: null')
})

test('a config may import what scrapers import', async () => {
  const config = write(
    'scrapers.ts',
    `import { defineConfig } from 'weir'
     import { scraper } from 'weir/scrapers'
     export default defineConfig({ board: { title: typeof scraper } })`,
  )
  expect((await loadConfig(config, {})).board.title).toBe('function')
})

test('a file that is not there is said so', async () => {
  await expect(loadConfig(join(folder, 'none.ts'))).rejects.toMatchObject({ code: 'WEIR_CONFIG_NOT_FOUND' })
  await expect(loadConfig(folder)).rejects.toMatchObject({ code: 'WEIR_CONFIG_NOT_FOUND' })
})
