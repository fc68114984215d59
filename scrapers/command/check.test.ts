import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { run } from './check.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-check-files-'))
let out = ''
let err = ''
vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))))
beforeEach(() => void (out = err = ''))
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const bank = (read: string) => `import { list, scraper } from 'weir/scrapers'
export default scraper('bank', { visit: 'https://a.example/', every: '1m', is: ['h1 = A'], read: { ${read} } })`

test('scraper files are loaded: gaps are notes, mistakes end it', async () => {
  const config = file(
    'streams.config.ts',
    `import { defineConfig } from 'weir'\nexport default defineConfig({ scrapers: 'bank.ts' })`,
  )
  file('bank.ts', bank(`rows: list('tr')`))
  expect(await run([config])).toBe(0)
  expect(out).toContain('Note: bank: rows declares no absentWhen: an empty list is told as missing')
  file('bank.ts', bank(''))
  expect(await run([config])).toBe(1)
  expect(err).toMatch(/bank\.ts: scraper bank, field read: nothing is read\..*\n1 mistake\.\n$/)
})
