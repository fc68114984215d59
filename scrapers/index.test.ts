/** The authoring surface: types of `sane`, and refusals that say where and what to do. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import { attr, check, collect, list, money, number, product, scraper, text } from './index.ts'

describe('scraper', () => {
  test('sane sees the types of the readers', () => {
    const made = scraper('north-bank', {
      visit: 'https://north.example/accounts',
      every: '1m',
      fleet: 'banks',
      is: ['h1 = Accounts', 'title ~ North', 'url ~ /accounts', 'a[href="/x"]'],
      read: {
        balance: money('[data-balance]', { label: 'Balance' }),
        count: number('.n', { optional: true }),
        link: attr('a', 'href'),
        transactions: list('tr', {
          absentWhen: 'None yet',
          fields: { what: text('.w'), amount: money('.a') },
        }),
        ...product(),
      },
      sane: (values) => {
        expectTypeOf(values.balance).toEqualTypeOf<number>()
        expectTypeOf(values.count).toEqualTypeOf<number | undefined>()
        expectTypeOf(values.link).toEqualTypeOf<string>()
        expectTypeOf(values.transactions).toEqualTypeOf<{ what: string; amount: number }[]>()
        return values.balance < 1e9 || 'balance above a billion'
      },
      minDelay: '2s',
    })
    expect(made).toMatchObject({
      kind: 'browser',
      host: 'north.example',
      every: { interval: 60_000 },
      minDelay: 2000,
      timeout: 20_000,
      reach: 'public',
    })
    expect(made.is.map((mark) => [mark.on, mark.target, mark.test, mark.text])).toEqual([
      ['selector', 'h1', 'equals', 'Accounts'],
      ['title', '', 'contains', 'North'],
      ['url', '', 'contains', '/accounts'],
      ['selector', 'a[href="/x"]', 'present', ''],
    ])
  })

  test('what is read is plain data', () => {
    const { read } = scraper('a', { visit: 'https://a.example/', every: '1m', read: { x: money('.x') } })
    expect(JSON.parse(JSON.stringify(read))).toEqual(read)
  })

  test('how far a scraper reaches is said by its author', () => {
    const reach = (more: object) =>
      scraper('a', { visit: 'http://bank.localhost:4000/', every: '1m', read: { x: text('p') }, ...more })
        .reach
    expect([reach({}), reach({ local: true }), reach({ allowPrivate: false })]).toEqual([
      'public',
      'local',
      'public',
    ])
    expect(reach({ allowPrivate: true })).toEqual({ hosts: ['bank.localhost'], local: false })
    const named = { allowPrivate: ['Wiki.internal', '10.0.0.8', '[fd00::8]'], local: true }
    expect(reach(named)).toEqual({ hosts: ['wiki.internal', '10.0.0.8', 'fd00::8'], local: true })
    for (const wrong of ['10.0.0.0/8', 'https://wiki.internal', 'wiki:80', '*', 'a b'])
      expect(() => reach({ allowPrivate: [wrong] })).toThrow('not the name of a host')
  })
})

test.each([
  [
    'too many answers to keep',
    () => collect('a', { url: 'https://a.example/', every: '1m', into: 'x', events: () => [], keep: 51 }),
    /collect a, field keep: 51 is no number of answers/,
  ],
  [
    'no URL',
    () => check('a', { url: 'nonsense', every: '1m' }),
    /check a, field url: "nonsense" is not a URL/,
  ],
  ['file URL', () => check('a', { url: 'file:///etc/passwd', every: '1m' }), /cannot be visited/],
  ['credentials', () => check('a', { url: 'https://u:p@a.example', every: '1m' }), /environment/],
  ['bad name', () => check('a b', { url: 'https://a.example', every: '1m' }), /not a usable name/],
  [
    'bad interval',
    () => check('a', { url: 'https://a.example', every: 'often' }),
    /neither an interval nor a cron/,
  ],
  ['too often', () => check('a', { url: 'https://a.example', every: '10ms' }), /too often/],
  ['bad pattern', () => check('a', { url: 'https://a.example', every: '1m', match: '(' }), /field match/],
  [
    'a flag that says nothing',
    () => check('a', { url: 'https://a.example', every: '1m', match: /ok/gi }),
    /field match: the pattern has the flag g/,
  ],
  [
    'bad landmark',
    () => scraper('a', { visit: 'https://a.example', every: '1m', is: ['h1 = '], read: { x: text('p') } }),
    /incomplete/,
  ],
  [
    'nothing read',
    () => scraper('a', { visit: 'https://a.example', every: '1m', read: {} }),
    /nothing is read/,
  ],
  [
    'fallbacks that are no list',
    () =>
      scraper('a', { visit: 'https://a.example', every: '1m', read: { x: text('p', { or: 'b' as never }) } }),
    /field read\.x: .or. is no list/,
  ],
  [
    'no mapping',
    () => collect('a', { url: 'https://a.example', every: '1m', into: 's', events: null as never }),
    /must be a function/,
  ],
])('refuses: %s', (_, make, message) => {
  expect(() => {
    try {
      make()
    } catch (error) {
      throw new Error((error as { explain(): string }).explain(), { cause: error })
    }
  }).toThrow(message)
})

test('cron takes a time zone', () => {
  const made = check('a', { url: 'https://a.example', every: '0 7 * * 1-5', timeZone: 'Europe/Berlin' })
  expect(made.every).toEqual({ cron: '0 7 * * 1-5', timeZone: 'Europe/Berlin' })
})
