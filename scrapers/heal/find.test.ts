/** What is found again on a changed page, by whose word, and what is left missing. */
import { describe, expect, test } from 'vitest'
import { list, money, text } from '../index.ts'
import type { FieldSpec } from '../read/field.ts'
import { contradiction } from './cross-check.ts'
import { type Finding, find } from './find.ts'
import { type Lesson, learn } from './learn.ts'
import { indexPage } from './page-index.ts'
import type { Value } from './value.ts'

const FILLER = '<nav><a href="/">Home</a><a href="/help">Help</a></nav>'
const linked = (price: number): string =>
  `<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":{"@type":"Offer","price":"${price}"}}</script>`

function page(body: string, head = ''): string {
  return `<!doctype html><html><head>${head}</head><body>${FILLER}<main>${body}</main></body></html>`
}

const old = page(
  '<h1>Lamp</h1><div class="buy"><span class="price">1.234,50 €</span><span class="tax">incl. 19 % VAT</span></div><p class="old">Was <s>1.500,00 €</s></p>',
  linked(1234.5),
)

function taught(spec: FieldSpec, value: Value, html = old): Lesson {
  const lesson = learn('price', spec, value, indexPage(html))
  expect(lesson).not.toBeNull()
  return lesson!
}
const lost = (spec: FieldSpec, lesson: Lesson, html: string): Finding | null =>
  find(spec, lesson, indexPage(html))

describe('a price', () => {
  const spec = money('.price')
  const lesson = taught(spec, 1234.5)
  const renamed = (shown: string, head: string): string =>
    page(
      `<h1>Lamp</h1><section class="purchase"><b class="amount">${shown}</b><i>incl. 19 % VAT</i></section><p>Was <s>1.500,00 €</s></p>`,
      head,
    )

  test('is found where page and structured data agree, with a selector to read it by', () => {
    const finding = lost(spec, lesson, renamed('1.199,00 €', linked(1199)))
    expect(finding).toMatchObject({ tier: 'auto', value: 1199, how: { selector: '.amount' } })
    expect(finding?.sources).toEqual(expect.arrayContaining(['structured data', 'structure']))
  })

  test('is not believed when it jumps', () => {
    expect(lost(spec, lesson, renamed('9.999,00 €', linked(9999)))).toMatchObject({ tier: 'propose' })
  })

  test('is not guessed from likeness alone', () => {
    expect(lost(spec, lesson, renamed('1.199,00 €', ''))).toBeNull()
  })

  test('is not found where structured data says what the page does not show', () => {
    expect(lost(spec, lesson, renamed('1.199,00 €', linked(1100)))).toBeNull()
  })

  test('that is gone stays gone, whatever else stands there', () => {
    expect(lost(spec, lesson, page('<h1>Lamp</h1><p>Sold out</p><p>Was <s>1.500,00 €</s></p>'))).toBeNull()
  })

  test('beside a label that the author declared is proposed', () => {
    const labelled = money('.price', { label: 'Price:' })
    const before = taught(
      labelled,
      20,
      page('<dl><dt>Price:</dt><dd class="price">20 €</dd><dt>Tax:</dt><dd>4 €</dd></dl>'),
    )
    const after = page('<dl><dt>Tax:</dt><dd>5 €</dd><dt>Price:</dt><dd class="amount">22 €</dd></dl>')
    expect(lost(labelled, before, after)).toMatchObject({
      tier: 'propose',
      value: 22,
      sources: ['structure', 'label'],
    })
  })
})

test('author and microdata: the same path in another syntax', () => {
  const spec = text('.by')
  const before = page(
    '<p class="by">Ann Lee</p>',
    '<script type="application/ld+json">{"@graph":[{"@type":"Recipe","author":{"@id":"#a"}},{"@id":"#a","@type":"Person","name":"Ann Lee"}]}</script>',
  )
  const after = page(
    '<div itemscope itemtype="https://schema.org/Recipe"><a itemprop="author" href="/lee">Ann Lee</a></div>',
  )
  expect(lost(spec, taught(spec, 'Ann Lee', before), after)).toMatchObject({ tier: 'auto', value: 'Ann Lee' })
})

describe('a list', () => {
  const spec = list('tr.tx')
  const row = (name: string): string => `<td>${name}</td>`
  const names = ['Rent 900', 'Salary 3000', 'Coffee 4', 'Books 35']
  const lesson = taught(
    spec,
    names,
    page(`<table><tbody>${names.map((name) => `<tr class="tx">${row(name)}</tr>`).join('')}</tbody></table>`),
  )
  const moved = (rows: string[]): string =>
    page(
      `<ul class="menu"><li>Home</li><li>Help</li><li>About</li><li>More</li></ul><ul class="bookings">${rows.map((name) => `<li>${name}</li>`).join('')}</ul>`,
    )

  test('is healed as a whole where all its records stand together again', () => {
    expect(lost(spec, lesson, moved(names))).toMatchObject({
      tier: 'auto',
      value: names,
      how: { selector: '.bookings li' },
    })
  })

  test('is proposed where most records are known', () => {
    expect(lost(spec, lesson, moved(['Train 20', ...names.slice(0, 3)]))).toMatchObject({ tier: 'propose' })
  })

  test('of unknown records is left missing', () => {
    expect(lost(spec, lesson, moved(['One', 'Two', 'Three', 'Four']))).toBeNull()
  })
})

test('a selector that finds something else than structured data says raises a free alarm', () => {
  const spec = money('.price')
  const lesson = taught(spec, 1234.5)
  const now = indexPage(old.replace('"1234.5"', '"999"'))
  expect(contradiction(spec, lesson, 1234.5, now)).toBe(999)
  expect(contradiction(spec, lesson, 999, now)).toBeNull()
  expect(contradiction(spec, lesson, 5, indexPage(page('<p>nothing is stated</p>')))).toBeNull()
})

test('hostile pages cost little', () => {
  const deep = '<div>'.repeat(600) + '12 €'
  const wide = '<i>9 €</i>'.repeat(2000)
  const nested = `<script type="application/ld+json">${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}</script>`
  const spec = money('.price')
  const flat = '<b></b>'.repeat(2000)
  const begun = process.cpuUsage()
  lost(spec, taught(spec, 1234.5), page(flat))
  lost(spec, taught(spec, 1234.5), page(deep + wide, nested))
  // CPU, since others may be busy, too; some 0.4 s of it on a quiet machine. us
  expect(process.cpuUsage(begun).user).toBeLessThan(8e6)
}, 120_000)
