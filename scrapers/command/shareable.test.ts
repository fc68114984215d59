/** What `weir try --signals` writes: nothing that is secret or personal, and the same verdict. */
import { expect, test } from 'vitest'
import { scraper, text } from '../index.ts'
import { judge } from '../outcome/judge.ts'
import { field, marks, okField, page } from '../outcome/signals.fixture.ts'
import { shareable } from './shareable.ts'

const BODY =
  '<title>Hm</title><p>Jane Doe, jane@mail.example</p><script>window.k="sk_live_abcdefghij12"; KPSDK.scriptStart=KPSDK.now()</script>'
const bank = (hidden: boolean) =>
  scraper('bank', {
    visit: 'https://north.example/',
    every: '1m',
    read: { owner: text('.owner', { private: hidden }), balance: text('.balance') },
  })
const seen = page({
  main: {
    status: 200,
    headers: {
      'set-cookie': 'sid=abc123; expires=Wed, 21 Oct 2026 07:28:00 GMT, __cfwaitingroom=x9',
      age: '3',
    },
  },
  landmarks: marks(0, 2),
  fields: { owner: okField('Jane Doe'), balance: field('missing') },
  bodyHead: BODY,
  bodyBytes: BODY.length,
})

test('cookies, scripts and what looks personal are out; who answered stays', () => {
  const shared = shareable(bank(false), seen)
  expect(shared.main?.headers).toEqual({ 'set-cookie': 'sid=, __cfwaitingroom=', age: '3' })
  expect(shared.bodyHead).toContain('<title>Hm</title><p>Jane Doe, [email]</p>')
  expect(JSON.stringify(shared)).not.toMatch(/sk_live|abc123|x9/)
  expect(judge(shared)).toEqual(judge(seen))
  const noCookies = { ...seen, main: { status: 200, headers: {} } }
  expect(judge(noCookies)).toMatchObject({ outcome: 'blocked' })
  expect(judge(shareable(bank(false), noCookies))).toEqual(judge(noCookies))
})

test('of a page with private values nothing but signs of a block page is told', () => {
  const shared = shareable(bank(true), seen)
  expect(shared.bodyHead.trim()).toBe('KPSDK.scriptStart=KPSDK.now()')
  expect(JSON.stringify(shared)).not.toContain('Jane')
})
