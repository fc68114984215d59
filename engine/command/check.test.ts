import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { run } from './check.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-check-'))
let out = ''
let err = ''
vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))))
beforeEach(() => {
  out = err = ''
  vi.stubEnv('SLACK_WEBHOOK_URL', undefined)
})
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function config(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('a usable config is summed up in one line, with notes on what may surprise', async () => {
  const file = config(
    'good.ts',
    `import { defineConfig, noData, runs, slack } from 'weir'
     const n = runs.metric('n', { by: ['scraper'], stats: ['count'], windows: ['5m'] })
     const ops = slack('SLACK_WEBHOOK_URL')
     export default defineConfig({ scrapers: ['*.ts', './none/*.ts'], rules: [noData(n, { for: '10m', notify: ops })] })`,
  )
  expect(await run([file])).toBe(0)
  expect(out.split('\n')).toEqual([
    `${file} is fine: 2 streams, 1 metric, 1 rule, 1 scraper file, 0 checks.`,
    "Note: no file matches './none/*.ts'.",
    'Note: SLACK_WEBHOOK_URL is not set here, so slack messages cannot go out.',
    '',
  ])
  expect(err).toBe('')
})

test('every mistake is explained at once, from the top of the file', async () => {
  const file = config(
    'bad.ts',
    `import { defineConfig, noData, runs } from 'weir'
const n = runs.metric('n', { by: ['scrapper'], stats: ['count'], windows: ['45s'] })
export default defineConfig({
  scraper: '*.ts',
  rules: [noData(n, {})],
})`,
  )
  expect(await run([file])).toBe(1)
  const lines = err.trim().split('\n')
  expect(lines.map((line) => line.slice(file.length))).toEqual([
    expect.stringMatching(/^:2:35: metric 'n': by has 'scrapper'.* Did you mean 'scraper'\?/),
    expect.stringMatching(/^:2:76: metric 'n': window '45s' .* Use 40s or 50s\.$/),
    expect.stringMatching(/^:4:3: defineConfig: there is no option 'scraper'\. Did you mean 'scrapers'\?/),
    expect.stringMatching(/^:5:3: noData of metric 'n': for is missing\./),
    '',
  ])
  expect(lines.at(-1)).toBe('4 mistakes.')
})

test('a table of checks that is too large is named with its size', async () => {
  truncateSync(config('big.csv', ''), 100 * 1024 * 1024)
  const file = config(
    'big.ts',
    `import { defineConfig, fromFile } from 'weir'
export default defineConfig({ checks: [fromFile('big.csv')] })`,
  )
  expect(await run([file])).toBe(1)
  expect(err).toContain("fromFile(): 'big.csv' has 100 MB, and at most 32 MB are read.")
})

test('a file that is not there, and wrong usage', async () => {
  expect(await run([join(folder, 'none.ts')])).toBe(1)
  expect(err).toContain('there is no such config file.')
  expect(await run(['a.ts', 'b.ts'])).toBe(2)
  expect(await run(['--nope'])).toBe(2)
  expect(await run(['--help'])).toBe(0)
  expect(out).toContain('weir check [FILE]')
})
