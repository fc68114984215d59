/** When node_modules counts as agreeing with the lock file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { outdated } from './packages.js'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

const locked = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/tool': { version: '2.0.0', dev: true },
  'node_modules/other-platform': { version: '3.0.0', optional: true },
}

function project(installed: object | null): string {
  const root = mkdtempSync(join(tmpdir(), 'weir-packages-'))
  folders.push(root)
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }))
  mkdirSync(join(root, 'node_modules'))
  if (installed !== null)
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
  return root
}

test('nothing installed: everything that this platform needs is missing', () => {
  expect(outdated(project(null), true)).toEqual(['node_modules/a', 'node_modules/tool'])
})

test('as locked: nothing is', () => {
  const { 'node_modules/a': a, 'node_modules/tool': tool } = locked
  expect(outdated(project({ 'node_modules/a': a, 'node_modules/tool': tool }), true)).toEqual([])
})

test('another version is missing too', () => {
  expect(outdated(project({ 'node_modules/a': { version: '0.9.0' } }), false)).toEqual(['node_modules/a'])
})

test('a role runs without the development packages, a test run does not', () => {
  const installed = project({ 'node_modules/a': locked['node_modules/a'] })
  expect(outdated(installed, false)).toEqual([])
  expect(outdated(installed, true)).toEqual(['node_modules/tool'])
})

test('a lock file that cannot be read says what to do', () => {
  const root = project(null)
  writeFileSync(join(root, 'package-lock.json'), '<<<<<<< HEAD')
  expect(() => outdated(root, true)).toThrow(/cannot be read.*git checkout/)
})
