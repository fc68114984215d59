/** A lock is held by the living only. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { releaseLock, takeLock } from './lock.js'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-lock-'))
  file = join(folder, 'deep', 'lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('taken once, refused with its holder, free again after release', () => {
  expect(takeLock(file)).toBe(0)
  expect(takeLock(file)).toBe(process.pid)
  releaseLock(file)
  expect(takeLock(file)).toBe(0)
})

test('a dead holder loses it', () => {
  expect(takeLock(file)).toBe(0)
  writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, born: '1' }))
  expect(takeLock(file)).toBe(0)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid })
})

test.runIf(process.platform === 'linux')('a process that only has the same pid is no holder', () => {
  expect(takeLock(file)).toBe(0)
  writeFileSync(file, JSON.stringify({ pid: process.pid, born: 'another time' }))
  expect(takeLock(file)).toBe(0)
})

test('rubbish in the file is no holder', () => {
  expect(takeLock(file)).toBe(0)
  writeFileSync(file, 'what?')
  expect(takeLock(file)).toBe(0)
})

test('of many starts at the same instant one gets it, over the lock of a dead one too', async () => {
  expect(takeLock(file)).toBe(0)
  writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, born: '1' }))
  const script = `
    import { takeLock } from ${JSON.stringify(new URL('./lock.js', import.meta.url).href)}
    while (Date.now() < ${Date.now() + 400});
    process.send(takeLock(${JSON.stringify(file)}))
    process.once('message', () => process.exit())`
  const starts = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  const answers = await Promise.all(starts.map(async (child) => (await once(child, 'message'))[0] as number))
  for (const child of starts) child.send('end')
  const winner = starts[answers.indexOf(0)]?.pid
  expect(answers.toSorted((a, b) => a - b)).toEqual([0, winner, winner, winner])
})
