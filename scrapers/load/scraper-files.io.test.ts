/** A file that never finishes loading stops neither the others nor the process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { scraperLoader } from './scraper-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('a loop at the top of a file is ended and said; the other files run', async () => {
  const good = `import { check } from 'weir/scrapers'
export default check('fine', { url: 'https://a.example/', every: '1m' })`
  const files = [file('loop.ts', `import 'weir/scrapers'\nfor (;;);`), file('fine.ts', good)]
  const { scrapers, problems } = await scraperLoader('1', 800)(files, folder)
  expect(scrapers.map(({ scraper }) => scraper.name)).toEqual(['fine'])
  expect(problems.map(({ message }) => message)).toEqual([
    'loop.ts: this was still running after 0.8 s. Look for a loop that never ends.',
  ])
})
