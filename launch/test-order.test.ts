/** No test file is lost on the way into its order, and long ones of different kinds run side by side. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LONG, type TestFile, inOrder } from './test-order.ts'

const file = (project: string, path: string): TestFile => ({ project, path })
const long = [
  file('system', 'test/world.test.ts'),
  file('browser', 'scrapers/pool/fault-matrix.browser.test.ts'),
  file('redis', 'engine/replay/replay.redis.test.ts'),
]
const short = Array.from({ length: 20 }, (_, i) => [
  file('io', `x/${i}.io.test.ts`),
  file('unit', `x/${i}.test.ts`),
  file('browser', `x/${i}.browser.test.ts`),
]).flat()

test('each file once, the longest of each kind first, unit tests last', () => {
  const ordered = inOrder([...short, ...long])
  expect(new Set(ordered)).toEqual(new Set([...short, ...long]))
  expect(ordered).toHaveLength(short.length + long.length)
  expect(new Set(ordered.slice(0, 3))).toEqual(new Set(long))
  expect(new Set(ordered.slice(-20).map(({ project }) => project))).toEqual(new Set(['unit']))
})

test('what needs a browser is spread over the whole run', () => {
  const rest = inOrder(short).slice(0, 40)
  for (let i = 0; i < 40; i += 4) {
    const browsers = rest.slice(i, i + 4).filter(({ project }) => project === 'browser')
    expect(browsers).toHaveLength(2)
  }
})

test('it depends on the files alone, and names none that is gone', () => {
  expect(inOrder([...short, ...long].toReversed())).toEqual(inOrder([...long, ...short]))
  for (const path of Object.keys(LONG)) expect([path, existsSync(path)]).toEqual([path, true])
})
