/** Every example in docs/configuration.md compiles, and loads into a config. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from './load.ts'

// Inside the project, where 'weir' is its own name.
mkdirSync('.weir', { recursive: true })
const folder = mkdtempSync(resolve('.weir/docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const blocks = [...readFileSync('docs/configuration.md', 'utf8').matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)]
const examples: string[] = []
for (const [, language, name, text = ''] of blocks) {
  if (language === 'ts') examples.push(`example-${examples.length + 1}.ts`)
  writeFileSync(join(folder, name || (examples.at(-1) ?? '')), text)
}
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }),
)

test('all examples compile', async () => {
  expect(examples.length).toBeGreaterThanOrEqual(5)
  const tsc = resolve('node_modules/typescript/bin/tsc')
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    () => '',
    (failed: { stdout: string }) => failed.stdout,
  )
  expect(output.split('\n').filter((line) => line.includes('example-'))).toEqual([])
})

test.each(examples)('%s loads', async (name) => {
  expect((await loadConfig(join(folder, name), {})).hash).toMatch(/^[0-9a-f]{12}$/)
})

test('defaults are as documented', async () => {
  const { checks, board, rules } = await loadConfig(join(folder, examples.at(-1) ?? ''), {})
  expect([checks.map((check) => check.name), board.title, rules]).toEqual([
    ['shop', 'news', 'status'],
    'Weir',
    [],
  ])
  expect(checks[1]).toEqual({
    name: 'news',
    url: 'https://news.example/',
    every: '0 6 * * *',
    status: 200,
    match: null,
    timeout: 10_000,
    fleet: 'checks',
  })
})
