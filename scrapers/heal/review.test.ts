/** When a page's markup is asked for after a good run, and what is doubted for how long. */
import { expect, test } from 'vitest'
import type { HealMemory } from '../../engine/index.ts'
import { money, scraper } from '../index.ts'
import { okField, page as goodPage } from '../outcome/signals.fixture.ts'
import type { Signals } from '../outcome/signals.ts'
import { createHealer } from './healer.ts'

const MINUTE = 60_000
const target = scraper('shop', {
  visit: 'https://shop.example/',
  every: '1m',
  read: { price: money('.price') },
})

function shop(heal = true, limit = 60_000) {
  const gaveUp: unknown[] = []
  let lessons: string | null = null
  let now = 1e12
  let asked = 0
  const memory: HealMemory = {
    recall: async () => ({ lessons, proposals: [] }),
    remember: async (_, text) => void (lessons = text),
    propose: async () => 'open',
    close: async () => undefined,
  }
  const healer = createHealer(memory, { now: () => now, limit, gaveUp: (_, err) => void gaveUp.push(err) })
  /** One good run: what was read, and what the markup says. */
  const run = async (
    after: number,
    value: number,
    html: string,
    state: 'ok' | 'healed' = 'ok',
  ): Promise<Signals> => {
    now += after
    const seen = goodPage({ landmarks: [], fields: { price: { ...okField(value), state } } })
    await (
      await healer.begin({ ...target, heal })
    ).learn(async () => ((asked += 1), `<html><body>${html}</body></html>`), seen)
    return seen
  }
  return { run, asked: () => asked, gaveUp }
}

const markup = (shown: number, stated: number): string =>
  `<b class="price">${shown} €</b><script type="application/ld+json">{"@type":"Product","price":${stated}}</script>`

test('the markup is asked for when something is new, changed or old, and not in every run', async () => {
  const { run, asked } = shop()
  await run(0, 20, markup(20, 20))
  await run(MINUTE, 20, markup(20, 20))
  await run(MINUTE, 21, markup(21, 21))
  expect(asked()).toBe(1)
  await run(10 * MINUTE, 21, markup(21, 21))
  expect(asked()).toBe(2)
  await run(MINUTE, 21, markup(21, 21))
  expect(asked()).toBe(2)
  await run(7 * 60 * MINUTE, 21, markup(21, 21))
  expect(asked()).toBe(3)
})

test('nothing is asked for a scraper that wants no healing', async () => {
  const { run, asked } = shop(false)
  await run(0, 20, markup(20, 20))
  expect(asked()).toBe(0)
})

test('a page that teaches nothing is not asked again and again', async () => {
  const { run, asked } = shop()
  for (let i = 0; i < 5; i += 1) await run(MINUTE, 20, '<p>written by a script</p>')
  expect(asked()).toBe(1)
})

test('a contradiction is a doubt, also of what was healed, until the site has said it for a week', async () => {
  const { run } = shop()
  await run(0, 20, markup(20, 20))
  expect((await run(11 * MINUTE, 5, markup(5, 20))).fields['price']).toMatchObject({ doubt: '20' })
  // In between it stays doubted without another look.
  expect((await run(MINUTE, 5, markup(5, 20))).fields['price']).toMatchObject({ doubt: '20' })
  expect((await run(MINUTE, 6, markup(6, 20))).fields['price']).not.toHaveProperty('doubt')
  expect((await run(11 * MINUTE, 6, markup(6, 20), 'healed')).fields['price']).toMatchObject({ doubt: '20' })
  expect((await run(8 * 24 * 60 * MINUTE, 6, markup(6, 20))).fields['price']).not.toHaveProperty('doubt')
})

test('a page that takes too long is given up, and its scraper rests', async () => {
  const { run, asked, gaveUp } = shop(true, 20)
  const deep = '<div>'.repeat(20_000)
  expect((await run(0, 20, deep)).fields['price']).toMatchObject({ state: 'ok', value: 20 })
  await run(MINUTE, 20, deep)
  expect(asked()).toBe(1)
  expect(gaveUp).toEqual([expect.objectContaining({ code: 'WEIR_CONFIG' })])
  await run(10 * MINUTE, 20, markup(20, 20))
  expect(asked()).toBe(2)
})
