import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { recordSignals } from '../outcome/recorded.ts'
import { answered, page } from '../outcome/signals.fixture.ts'
import { run } from './judge.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-judge-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function said(...words: string[]): Promise<[number, string, string]> {
  let out = ''
  let err = ''
  const world = {
    env: {},
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  }
  return [await run(words, world), out, err]
}

test('each line is a run, judged as it was', async () => {
  const file = join(folder, 'runs.ndjson')
  const runs = [page(), page({ main: answered(429) })]
  writeFileSync(file, runs.map((signals) => `${recordSignals(signals)}\n`).join('\n'))
  const [code, out] = await said(file)
  const lines = out.trim().split('\n')
  expect([code, ...lines.map((line) => (JSON.parse(line) as { outcome: string }).outcome)]).toEqual([
    0,
    'ok',
    'rate_limited',
  ])
})

test('what is no recorded run, no file and no word is said', async () => {
  const file = join(folder, 'other.ndjson')
  writeFileSync(file, '{"a": 1}\n')
  expect(await said(file)).toEqual([1, '', expect.stringContaining('this is no recorded run')])
  expect(await said('nowhere')).toEqual([2, '', expect.stringContaining('there is no file nowhere')])
  expect((await said())[0]).toBe(2)
  expect((await said('-h'))[1]).toContain('weir judge FILE')
})
