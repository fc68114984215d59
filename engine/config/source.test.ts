import { expect, test } from 'vitest'
import { callerOf, firstFrame, pointAt } from './source.ts'

test('the caller of a function is the line that called it', () => {
  const declared = (): ReturnType<typeof callerOf> => callerOf(declared)
  const source = declared()
  expect(source?.file).toMatch(/source\.test\.ts$/)
  expect(source?.line).toBe(6)
})

test('frames of all kinds are read, in the files asked for', () => {
  const stack = 'Error: x\n    at f (node:fs:1:2)\n    at file:///a/b.ts:3:4\n    at async g (/a/c d.ts:5:6)'
  expect(firstFrame(stack)).toEqual({ file: '/a/b.ts', line: 3, column: 4 })
  expect(firstFrame(stack, new Set(['/a/c d.ts']))).toEqual({ file: '/a/c d.ts', line: 5, column: 6 })
  expect(firstFrame('    at h (/a/100% mine/e.ts:7:8)')?.file).toBe('/a/100% mine/e.ts')
  expect(firstFrame('    at file:///a/100%25%20%23/e.ts:7:8')?.file).toBe('/a/100% #/e.ts')
  expect(firstFrame('Error: x')).toBeNull()
})

test('a place moves to the word meant, at or below the call', () => {
  const text = "of: 'volme'\ncall({\n  by: ['pair'],\n  of: \"volme\",\n})"
  const call = { file: 'a.ts', line: 2, column: 9 }
  expect(pointAt(call, text, "'volme'")).toMatchObject({ line: 4, column: 7 })
  expect(pointAt(call, text, 'of')).toMatchObject({ line: 4, column: 3 })
  expect(pointAt(call, text, 'o')).toMatchObject({ line: 2, column: 1 })
  expect(pointAt(call, text, undefined)).toMatchObject({ line: 2, column: 1 })
})
