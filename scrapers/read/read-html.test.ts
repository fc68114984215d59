import { describe, expect, test } from 'vitest'
import { landmark } from '../define/landmark.ts'
import { attr, list, money, product, text } from '../index.ts'
import { decodeHtml } from './charset.ts'
import { interpret, valuesOf } from './interpret.ts'
import type { PageQuestion } from './in-page.ts'
import { readHtml } from './read-html.ts'

const question = (more: Partial<PageQuestion>): PageQuestion => ({
  landmarks: [],
  login: null,
  fields: {},
  ...more,
})
const read = (html: string, fields: PageQuestion['fields']) => {
  const results = interpret(fields, readHtml(html, 'https://a.example/x', question({ fields })))
  return {
    ...valuesOf(results),
    ...Object.fromEntries(Object.entries(results).map(([k, v]) => [`${k}?`, v.state])),
  }
}

describe('a page without a browser', () => {
  test('is parsed as browsers do, and read by the same readers', () => {
    const html = `<title> North  Bank </title><table><tr class=tx><td>Rent<td class=sum>-1.200,50<tr class=tx><td>Pay<td class=sum>2.000</table>
      <p id=price>173<sup>34</sup> €</p><a class=more href=/all>all</a><p>Nothing&nbsp;new`
    const fields = {
      rows: list('table > tbody > tr.tx', { fields: { what: text('td'), sum: money('.sum') } }),
      price: money('#price'),
      link: attr('a.more', 'href'),
      news: text('.news', { absentWhen: 'nothing new' }),
    }
    expect(read(html, fields)).toMatchObject({
      rows: [
        { what: 'Rent', sum: -1200.5 },
        { what: 'Pay', sum: 2000 },
      ],
      price: 173.34,
      link: '/all',
      'news?': 'absent',
    })
  })

  test('knows its landmarks', () => {
    const sources = [
      'h1 = Accounts',
      'title ~ north',
      'url ~ /x',
      'text ~ good day',
      'og:type = bank',
      'json-ld ~ Bank',
    ]
    const html = `<head><title>North Bank</title><meta property="og:type" content=bank>
      <script type="application/ld+json">{"@type":"BankAccount"}</script></head><h1>Accounts</h1><p>Good <b>day</b>`
    const marks = [...sources, '.none', 'h1 = Other'].map((source) => landmark(source, ''))
    const answer = readHtml(html, 'https://a.example/x', question({ landmarks: marks }))
    expect(answer.landmarks).toEqual([true, true, true, true, true, true, false, false])
  })

  test('is not what cannot be seen', () => {
    const html = `<p>a</p><p hidden>b</p><p style="display: none">c</p><script>d</script><noscript>e</noscript>
      <form style="visibility:hidden"><input type=password></form><template><p>f</p></template>`
    const answer = readHtml(
      html,
      'https://a.example/',
      question({ landmarks: ['b', 'c', 'd', 'e', 'f'].map((each) => landmark(`text ~ ${each}`, '')) }),
    )
    expect([answer.landmarks, answer.password]).toEqual([[false, false, false, false, false], false])
  })

  test('is read as a product', () => {
    const html = `<h1>Lamp</h1><div class=product><span class=old-price><del>$50</del></span><span class=price>$39.90</span><button>Add to cart</button></div>`
    expect(read(html, product())).toMatchObject({ price: 39.9, currency: 'USD', availability: 'InStock' })
  })

  test.each(['p:hover(', ':first', '>>'])(
    'an unreadable selector loses its field, not the page: %s',
    (selector) => {
      expect(read('<p>x', { a: text(selector), b: text('p') })).toMatchObject({ 'a?': 'missing', b: 'x' })
    },
  )

  test('a page made to be slow is given up', () => {
    const begun = performance.now()
    expect(() => readHtml('<div>'.repeat(700_000), 'https://a.example/', question({}))).toThrow(
      'still running',
    )
    expect(performance.now() - begun).toBeLessThan(6000)
  })
})

test.each([
  ['utf-8 by itself', Buffer.from('é'), undefined],
  ['latin-1 by itself', Buffer.from([0xe9]), undefined],
  ['the header', Buffer.from([0xe9]), 'text/html; charset=ISO-8859-1'],
  ['the page', Buffer.concat([Buffer.from('<meta charset="iso-8859-2">'), Buffer.from([0xe9])]), 'text/html'],
  ['its mark', Buffer.from([0xff, 0xfe, 0xe9, 0x00]), 'text/html; charset=utf-8'],
  ['an unknown name', Buffer.from('é'), 'text/html; charset=nonsense'],
])('encoding by %s', (_, body, header) => {
  expect(decodeHtml(body, header)).toMatch(/é$/)
})
