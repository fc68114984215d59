/** Each boundary of the project is real: a file that breaks it makes the linter red, in the folder it stands in. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const green = 'nothing to say'

/** Folder, what stands in a new file there, what lint must say of it. `CASE+1` is the next case's file. */
const cases: [folder: string, source: string, says: string][] = [
  ['engine/view', `export * from '../../scrapers/index.ts'`, 'the engine knows neither scrapers nor API'],
  ['engine/rule', `export * from '../../api/board/state.ts'`, 'the engine knows neither scrapers nor API'],
  ['engine', `export * from 'weir/scrapers'`, 'the engine knows neither scrapers nor API'],
  ['scrapers/pool', `export * from '../../api/board/state.ts'`, 'scrapers and API meet only in Redis'],
  [
    'api/http',
    `export const load = () => import('../../scrapers/index.ts')`,
    'scrapers and API meet only in Redis',
  ],
  ['scrapers/read', `export * from '../../engine/stream/keys.ts'`, 'surface is engine/index.ts'],
  ['api', `export type { Entry } from '../engine/event/entry.ts'`, 'surface is engine/index.ts'],
  ['examples/world', `export * from 'weir'`, 'the world knows nothing of Weir'],
  ['examples/world', `export * from '../../engine/error.ts'`, 'the world knows nothing of Weir'],
  ['engine/window', `export { Redis } from 'ioredis'`, 'a pure part does no I/O'],
  ['engine/rule', `export type { Redis } from 'ioredis'`, 'a pure part does no I/O'],
  ['engine/alert', `export { readFileSync } from 'node:fs'`, 'a pure part does no I/O'],
  ['scrapers/outcome', `export { request } from 'node:http'`, 'a pure part does no I/O'],
  ['engine/rule', `export { connect } from '../stream/connection.ts'`, 'a pure part imports only pure parts'],
  ['engine/config', `export { Redis } from 'ioredis'`, 'Redis is met in few places'],
  ['api/live', `export { Repository } from 'redis-om'`, 'redis-om lives in engine/record'],
  ['engine/window', `export const now = (): number => Date.now()`, 'Date.now in a pure part'],
  ['engine/rule', `export const now = (): Date => new Date()`, 'new Date() in a pure part'],
  ['scrapers/outcome', `export const dice = (): number => Math.random()`, 'Math.random in a pure part'],
  ['engine/alert', `export const now = (): number => performance.now()`, 'performance.now in a pure part'],
  ['engine/window', `setTimeout(() => undefined, 5)`, 'setTimeout() in a pure part'],
  ['engine/rule', `export const at = (ms: number): Date => new Date(ms)`, green],
  ['scrapers', `export { WeirError } from '../engine/index.ts'`, green],
  ['engine', `export const run = (job: () => Promise<void>): void => { job() }`, 'must be awaited'],
  ['engine', `export const a: any = 1`, 'Unexpected `any`'],
  ['api', `console.log(1)`, 'Unexpected console statement'],
  [
    'api',
    `export function f(k: 'a' | 'b'): void {\n  switch (k) {\n    case 'a':\n      break\n  }\n}`,
    'not exhaustive',
  ],
  ['engine', Array.from({ length: 401 }, (_, n) => `export const v${n} = ${n}`).join('\n'), 'too many lines'],
  ['engine', `export { b as a } from './CASE+1'\nexport const c = 1`, 'cycle'],
  ['engine', `export { c as b } from './CASE-1'`, 'cycle'],
]

const files = cases.map(([folder], n) => join(folder, `zz-broken-${process.pid}-${n}.ts`))
const said = new Map<string, string>()

beforeAll(() => {
  const folders: string[] = []
  for (const [n, [, source]] of cases.entries()) {
    const file = files[n]!
    const path = join(root, file)
    if (mkdirSync(dirname(path), { recursive: true }) !== undefined) folders.push(dirname(path))
    const text = source.replace(/CASE([+-]1)/, (_, step: string) => basename(files[n + Number(step)]!))
    writeFileSync(path, text + '\n')
  }
  try {
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const args = [oxlint, '--type-aware', '--format', 'json', ...files]
    const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    const report = JSON.parse(stdout) as { diagnostics: { message: string; filename: string }[] }
    for (const { filename, message } of report.diagnostics)
      said.set(filename, `${said.get(filename) ?? ''}${message}\n`)
  } finally {
    for (const file of files) rmSync(join(root, file), { force: true })
    for (const folder of folders) rmdirSync(folder)
  }
})

for (const [n, [folder, source, says]] of cases.entries())
  test(`${folder}: ${source.slice(0, 70).replaceAll('\n', ' ')}`, () => {
    const heard = said.get(files[n]!) ?? green
    if (says === green) expect(heard).not.toMatch(/may not be imported|pure part/)
    else expect(heard).toContain(says)
  })
