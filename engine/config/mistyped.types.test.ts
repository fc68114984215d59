/** Type mistakes do not compile, and the first line the compiler prints names the wrong word. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

const folder = fileURLToPath(new URL('./mistyped/', import.meta.url))
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.ts'))
const firstLines = new Map<string, string>()

beforeAll(async () => {
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    ({ stdout }) => stdout,
    (failed: { stdout: string }) => failed.stdout,
  )
  for (const line of output.split('\n')) {
    const [, file, message] = /^(\S[^(]*)\(\d+,\d+\): error (TS\d+: .*)$/.exec(line) ?? []
    if (file && message && !firstLines.has(basename(file))) firstLines.set(basename(file), message)
  }
})

/** The first line of a fixture is a comment: the wrong word. */
test.each(fixtures)('%s', (name) => {
  const [, word = ''] = /^\/\/ names (.*)$/m.exec(readFileSync(`${folder}${name}`, 'utf8')) ?? []
  expect(word).not.toBe('')
  expect(firstLines.get(name)).toContain(word)
})

test('there are at least twelve, and nothing else fails to compile', () => {
  expect(fixtures.length).toBeGreaterThanOrEqual(12)
  expect([...firstLines.keys()].toSorted()).toEqual(fixtures.toSorted())
})
