import { expect, test } from 'vitest'
import { FIELDS_BY_STATE, type FleetScraper, type KpiRow, UNSEEN_RUNS } from '../../engine/index.ts'
import { emptySchedule, NOW, testApp } from '../app.fixture.ts'

const HOUR = 3_600_000

function covered() {
  const catalogued = ['shop', 'bank', 'new'].map((name): FleetScraper => ({
    name,
    kind: 'browser',
    fleet: name === 'shop' ? 'shops' : 'banks',
    template: name,
    host: 'x.example',
    site: 'x.example',
    url: 'https://x.example/',
    every: '1m',
    fields: ['price', 'stock'].map((field) => ({ name: field, optional: false, absence: true })),
    version: 'v1',
    since: 1,
    due: null,
    running: null,
    paused: null,
    asked: null,
    last: null,
  }))
  const made = testApp({ schedule: { ...emptySchedule, scrapers: async () => catalogued } })
  const { reader } = made
  const config = reader.config()!
  const window = (name: string, size: number) => ({ name, size, slide: 60_000, rung: '1m' as const })
  const windows = [window('1h', HOUR), window('1d', 24 * HOUR)]
  for (const { name } of [FIELDS_BY_STATE, UNSEEN_RUNS])
    config.metrics.push({ ...config.metrics[1]!, name, stats: ['count'], windows })
  const asked: (string | undefined)[] = []
  const row = (group: Record<string, string>, count: number): KpiRow => ({
    group,
    asOf: NOW - 500,
    values: { count },
  })
  const field = (scraper: string, name: string, state: string, count: number) =>
    row({ scraper, template: scraper, fleet: `${scraper}s`, field: name, state }, count)
  reader.kpis = (name, { window: asks }) => {
    asked.push(asks)
    const rows =
      name === UNSEEN_RUNS.name
        ? [row({ fleet: 'banks', scraper: 'bank' }, 5)]
        : [
            field('shop', 'price', 'ok', 6),
            field('shop', 'price', 'healed', 2),
            field('shop', 'price', 'missing', 2),
            field('shop', 'stock', 'absent', 10),
            field('bank', 'price', 'empty', 5),
            field('bank', 'stock', 'ok', 0),
          ]
    return { metric: name, stream: 'x', unit: '', window: { name: '1h', size: HOUR, slide: 60_000 }, rows }
  }
  const get = async (query = '') => (await made.app.request(`/v1/coverage${query}`)).json()
  return { ...made, get, asked }
}

test('each field of each source is found, absent, lost, or not looked at; the shares add up to all runs', async () => {
  const { get } = covered()
  const answer = (await get()) as { rows: { scraper: string; field: string }[] }
  expect(answer).toMatchObject({
    now: NOW,
    window: { name: '1h', from: NOW - 500 - HOUR, to: NOW - 500 },
    sources: 3,
    fields: 6,
    shares: { present: 8 / 35, absent: 10 / 35, missing: 7 / 35, notRun: 10 / 35 },
    cursor: null,
  })
  expect(answer.rows.map(({ scraper, field }) => `${scraper} ${field}`)).toEqual([
    'bank price',
    'bank stock',
    'new price',
    'new stock',
    'shop price',
    'shop stock',
  ])
  expect(answer.rows[0]).toMatchObject({
    states: { empty: 5 },
    looked: 5,
    notRun: 5,
    shares: { present: 0, absent: 0, missing: 0.5, notRun: 0.5 },
  })
  expect(answer.rows[2]).toMatchObject({ looked: 0, notRun: 0, shares: null })
  expect(answer.rows[4]).toMatchObject({
    states: { ok: 6, healed: 2, missing: 2 },
    shares: { present: 0.8, absent: 0, missing: 0.2, notRun: 0 },
  })
})

test('pages, one fleet, one scraper, and the shortest time that reaches back far enough', async () => {
  const { get, asked } = covered()
  const first = (await get('?limit=3')) as { rows: object[]; cursor: string }
  expect(first).toMatchObject({ fields: 6, cursor: 'new/price' })
  const second = (await get(`?limit=3&cursor=${first.cursor}`)) as { rows: object[] }
  expect([...first.rows, ...second.rows]).toEqual(((await get()) as { rows: object[] }).rows)
  expect(await get('?fleet=shops')).toMatchObject({ sources: 1, fields: 2 })
  expect(await get('?scraper=bank')).toMatchObject({ sources: 1, fields: 2 })
  asked.length = 0
  await get('?from=-2h')
  expect(asked).toEqual(['1d', '1d'])
  expect(await get('?from=-2d')).toMatchObject({ status: 400, detail: expect.stringMatching(/^from: /) })
  expect(await get('?fleet=shosp')).toMatchObject({ status: 400, todo: expect.stringContaining('shops') })
})

test('without scrapers in the config there is no coverage', async () => {
  const { app } = testApp()
  expect((await app.request('/v1/coverage')).status).toBe(404)
})
