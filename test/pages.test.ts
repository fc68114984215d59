/** Real recipe pages: all of them without a browser, some in a real Chromium. No good page is called blocked or down. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type PageCase, pageCases } from '../eval/page-case.ts'
import { readPages, summary, visitPages } from '../eval/page-visit.ts'

const folder = fileURLToPath(new URL('../../shared/data/pages/', import.meta.url))
const here = existsSync(folder)
if (!here) process.stderr.write('shared/data is not here: skipped (real recipe pages)\n')

describe.skipIf(!here)('real recipe pages', () => {
  const cases: PageCase[] = here ? pageCases(folder) : []

  test('without a browser', () => {
    const { pages, right, misjudged } = summary(readPages(cases))
    expect(misjudged).toEqual([])
    // Measured: heading 80, title 89 and image 91 of 120; labels name another variant of an image or title.
    expect(Object.values(right).map((n) => n / pages > 0.6)).toEqual([true, true, true])
  })

  test('in Chromium, every eighth', async () => {
    const { pages, outcomes, misjudged } = summary(await visitPages(cases.filter((_, i) => i % 8 === 0)))
    expect({ pages, outcomes, misjudged }).toEqual({ pages, outcomes: { ok: pages }, misjudged: [] })
  })
})
