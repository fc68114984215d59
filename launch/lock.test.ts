/** A lock is held by the living only. */
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
