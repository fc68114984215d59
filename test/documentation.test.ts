/** Every example of the README compiles, passes `weir check`, and its scraper loads; the guide to scrapers holds too. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { recorded, replay } from '../scrapers/fixture/index.ts'
import type { BrowserScraper } from '../scrapers/index.ts'
import { ROOT } from './harness/role.ts'

// Inside the project, where 'weir' is its own name.
mkdirSync(`${ROOT}.weir`, { recursive: true })
const folder = mkdtempSync(`${ROOT}.weir/readme-`)
afterAll(() => rmSync(folder, { recursive: true }))

const run = promisify(execFile)
const readme = readFileSync(`${ROOT}README.md`, 'utf8')
const files: string[] = []
for (const [, name = '', text = ''] of readme.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) {
  files.push(name)
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

it('the README has a config and a scraper', () => {
  expect(files.toSorted()).toEqual(['sites/north-bank.ts', 'streams.config.ts'])
})

it('they compile', async () => {
  const config = { extends: '../../tsconfig.json', include: ['**/*.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = resolve(ROOT, 'node_modules/typescript/bin/tsc')
  const output = await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    () => '',
    (failed: { stdout: string }) => failed.stdout,
  )
  expect(output.split('\n').filter((line) => files.some((file) => line.includes(file)))).toEqual([])
})

it('weir check finds no mistake, and finds the scraper', async () => {
  const { stdout } = await run(process.execPath, ['weir', 'check', join(folder, 'streams.config.ts')], {
    cwd: ROOT,
  })
  expect(stdout).toMatch(/7 rules/)
  expect(stdout).toMatch(/1 scraper/)
})

it('the scraper of docs/scrapers.md compiles with its test, and its fixtures are read as they say', async () => {
  const guide = join(folder, 'guide')
  const text = readFileSync(`${ROOT}docs/scrapers.md`, 'utf8')
  const named: string[] = []
  for (const [, name = '', body = ''] of text.matchAll(/^```(?:ts|html|json) (\S+)\n(.*?)^```$/gms)) {
    named.push(name)
    mkdirSync(dirname(join(guide, name)), { recursive: true })
    writeFileSync(join(guide, name), body)
  }
  expect(named).toHaveLength(4)
  const config = { extends: '../../../tsconfig.json', include: ['**/*.ts'], exclude: [] }
  writeFileSync(join(guide, 'tsconfig.json'), JSON.stringify(config))
  const tsc = resolve(ROOT, 'node_modules/typescript/bin/tsc')
  const output = await run(process.execPath, [tsc, '-p', guide, '--pretty', 'false']).then(
    () => '',
    (failed: { stdout: string }) => failed.stdout,
  )
  expect(output).toBe('')
  const fixtures = recorded(join(guide, 'sites/north-bank.browser.test.ts'))
  expect(fixtures.map(({ label }) => label)).toEqual(['empty'])
  const { default: made } = (await import(join(guide, 'sites/north-bank.ts'))) as { default: BrowserScraper }
  const [empty] = fixtures
  expect(await replay(made, empty!)).toEqual(empty!.expect)
  const renamed = { ...empty!, html: empty!.html.replaceAll('data-balance', 'data-amount') }
  expect(await replay(made, renamed)).toMatchObject({ outcome: 'layout_changed', missing: ['balance'] })
})

it('links and pictures lead somewhere', () => {
  for (const [, path = ''] of readme.matchAll(/\]\((?!http)([^)#]+)/g)) {
    expect(() => readFileSync(resolve(ROOT, path)), path).not.toThrow()
  }
})
