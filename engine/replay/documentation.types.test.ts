/** The example in docs/testing.md compiles, and its tests pass. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

// Inside the project, where 'weir' is its own name.
mkdirSync('.weir', { recursive: true })
const folder = mkdtempSync(resolve('.weir/docs-testing-'))
afterAll(() => rmSync(folder, { recursive: true }))

const blocks = [...readFileSync('docs/testing.md', 'utf8').matchAll(/^```ts (\S+)\n(.*?)^```$/gms)]
for (const [, name = '', text = ''] of blocks) writeFileSync(join(folder, name), text)

/** What the program prints. */
async function node(...args: string[]): Promise<string> {
  const said = (done: { stdout: string; stderr: string }): string => done.stdout + done.stderr
  return promisify(execFile)(process.execPath, args).then(said, said)
}

test('it compiles', async () => {
  const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const output = await node(resolve('node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false')
  expect(output.split('\n').filter((line) => line.includes('streams.'))).toEqual([])
})

test('its tests pass', async () => {
  const output = await node('node_modules/vitest/vitest.mjs', 'run', '--root', folder, '--reporter', 'json')
  const json = output.slice(output.indexOf('{"num'), output.lastIndexOf('}') + 1)
  const { numPassedTests, numTotalTests } = JSON.parse(json) as Record<string, number>
  expect([numPassedTests, numTotalTests], output).toEqual([4, 4])
})
