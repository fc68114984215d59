/**
 * Real recipe and product pages: without a browser, and some in a real Chromium. No good page is called blocked, a
 * login or down, nor where a landmark or a required field is not there, so that every signature looks at it.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type PageCase, pageCases } from '../eval/page-case.ts'
import { readPages, summary, visitPages } from '../eval/page-visit.ts'
import { CLOUDFLARE } from '../scrapers/pool/fault.fixture.ts'

const data = fileURLToPath(new URL('../../shared/data/', import.meta.url))
const here = existsSync(data)
if (!here) process.stderr.write('shared/data is not here: skipped (real pages)\n')

describe.skipIf(!here)('real pages', () => {
  const recipes: PageCase[] = here ? pageCases(`${data}pages`) : []
  // What product() reads there has a test of its own.
  const products = (here ? pageCases(`${data}products`) : []).map((one) => ({
    ...one,
    scraper: { ...one.scraper, read: {} },
  }))

  test('recipes without a browser', () => {
    const { pages, changed, right, misjudged } = summary(readPages(recipes))
    expect(misjudged).toEqual([])
    expect(changed).toEqual({ 'layout_changed.identity': pages, 'layout_changed.selector': pages })
    // Measured: heading 80, title 89 and image 91 of 120; labels name another variant of an image or title.
    expect(Object.values(right).map((n) => n / pages > 0.6)).toEqual([true, true, true])
  })

  test('products without a browser, those with a password field in their markup', () => {
    const { pages, changed, misjudged } = summary(
      readPages(products.filter(({ html }) => /type=.?password/i.test(html().toString()))),
    )
    expect(misjudged).toEqual([])
    expect(changed).toEqual({ 'layout_changed.identity': pages, 'layout_changed.selector': pages })
  })

  test('a challenge beside the content counts only where the page is not the page', () => {
    const [first] = recipes
    const html = () => Buffer.concat([Buffer.from(CLOUDFLARE), first!.html()])
    const { outcomes, changed } = summary(readPages([{ ...first!, html }]))
    expect({ outcomes, changed }).toEqual({ outcomes: { ok: 1 }, changed: { 'blocked.challenge': 2 } })
  })

  test('recipes in Chromium, every eighth', async () => {
    const results = await visitPages(recipes.filter((_, i) => i % 8 === 0))
    const { pages, outcomes, changed, misjudged } = summary(results)
    expect({ pages, outcomes, misjudged }).toEqual({ pages, outcomes: { ok: pages }, misjudged: [] })
    expect(changed).toEqual({ 'layout_changed.identity': pages, 'layout_changed.selector': pages })
  })
})
