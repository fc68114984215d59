/** The evaluation of healing, on pairs made up here: what is counted as recovered, wrong and false. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { evaluate } from './drift.ts'
import { wilson } from './share.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-drift-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  vi.restoreAllMocks()
})

function state(pair: string, name: 'old' | 'new', html: string, labels: object): void {
  mkdirSync(join(folder, pair), { recursive: true })
  writeFileSync(join(folder, pair, `${name}.html.gz`), gzipSync(`<html><body>${html}</body></html>`))
  writeFileSync(join(folder, pair, `${name}.json`), JSON.stringify(labels))
}

const stated = (author: string): string =>
  `<script type="application/ld+json">{"@type":"Recipe","author":{"name":"${author}"}}</script>`

test('labels decide what is right, wrong and false', async () => {
  const old = '<h1>Soup of the day</h1><div class="byline"><b class="who">Ann Lee</b></div>'
  state('1-a.example', 'old', old + stated('Ann Lee'), {
    title: 'Soup of the day',
    author: 'Ann Lee',
    host: 'a.example',
  })
  const moved = '<h1>Soup of the day</h1><p class="meta"><i class="name">Bo Chen</i></p>'
  state('1-a.example', 'new', moved + stated('Bo Chen'), { title: 'Soup of the day', author: 'Bo Chen' })
  // The label says that what page and machines agree on is wrong.
  state('2-b.example', 'old', old + stated('Ann Lee'), { author: 'Ann Lee' })
  state('2-b.example', 'new', moved + stated('Bo Chen'), { author: 'Cy Dahl' })
  state('3-c.example', 'old', old, {})
  writeFileSync(join(folder, '3-c.example', 'new.html.gz'), gzipSync(old))
  let said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said += String(text)), true))
  await evaluate([folder])
  expect(said).toMatch(/2 pairs \(1 more have no labels\), 3 fields/)
  expect(said).toMatch(/AUTO recovers +1 of 2 = 50\.0%/)
  expect(said).toMatch(/wrong among what it accepts +1 of 2/)
  expect(said).toMatch(/a false value +1 of 3/)
})

test('an interval says how little few cases prove', () => {
  const [low, high] = wilson(0, 36)
  expect(low).toBe(0)
  expect(high).toBeCloseTo(0.0964, 3)
})
