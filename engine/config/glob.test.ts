import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { matchFiles } from './glob.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-glob-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const name of [
  'a.ts',
  'b.js',
  'sites/c.ts',
  'sites/c.browser.test.ts',
  'sites/deep/d.ts',
  'node_modules/e.ts',
  '.git/f.ts',
  'axts',
]) {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), '')
}

test.each([
  ['*.ts', ['a.ts']],
  ['./sites/*.ts', ['sites/c.ts']],
  ['**/*.ts', ['a.ts', 'sites/c.ts', 'sites/deep/d.ts']],
  ['sites/**/*.ts', ['sites/c.ts', 'sites/deep/d.ts']],
  ['*.{ts,js}', ['a.ts', 'b.js']],
  ['?.ts', ['a.ts']],
  ['sites/c.ts', ['sites/c.ts']],
  ['nowhere/*.ts', []],
])('%s', async (glob, expected) => {
  const found = await matchFiles(glob, folder)
  expect(found.map((file) => relative(folder, file))).toEqual(expected)
  expect(await matchFiles(join(folder, glob), '/')).toEqual(found)
})
