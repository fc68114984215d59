/** The evidence of alerts: found by a run's event or its fields', and what a template break shows over HTTP and on the board. */
import { expect, test } from 'vitest'
import { defineConfig, drift, fields, simulate, type Alert, type FieldEvent } from '../../engine/index.ts'
import { testApp } from '../app.fixture.ts'
import { openAlerts } from '../board/say/alerts.ts'
import { testAlert } from '../memory-reader.fixture.ts'
import { evidenceIdOf } from './proof.ts'

const ID = 'a1b2c3d4e5f6-20420-1'
const OTHER = 'ffffffffffff-20420-1'

/** An hour of good runs of three shops, one after the other each minute; then what a new template leaves of them. */
function templateBreak(): Alert[] {
  const lost = fields.metric('lost', {
    by: ['template', 'field', 'scraper'],
    where: { state: { in: ['missing', 'empty', 'invalid'] } },
    stats: ['ratio'],
    windows: [{ size: '10m', slide: '1m' }],
  })
  const says = '{template} lost {field} on {scraper}.'
  const rule = drift(lost, { by: ['template'], across: 'scraper', direction: 'up', over: '1h', says })
  const start = Date.UTC(2026, 0, 5, 10)
  const rows: FieldEvent[] = []
  for (let minute = 0; minute < 65; minute++)
    for (const [i, scraper] of ['north', 'south', 'east'].entries())
      for (const field of ['price', 'title', 'stock']) {
        const broken = minute >= 60 && field !== 'stock'
        const common = { scraper, template: 'shop-v3', fleet: 'shops', field, optional: false, version: 'v1' }
        const at = start + minute * 60_000 + i * 1000
        const evidence = `a1b2c3d4e5f6-20420-${i + 1}`
        rows.push(
          broken
            ? { ...common, at, state: 'missing', detail: `nothing matches ".${field}"`, evidence }
            : { ...common, at, state: 'ok', type: 'string', length: 5, detail: '' },
        )
      }
  const world = simulate(defineConfig({ rules: [rule] }), { fields: rows })
  return world.alerts.filter(({ event }) => event === 'fired').map(({ alert }) => alert)
}

test('a template break is one alert with proof of what the pages show, over HTTP and on the board', async () => {
  const broken = templateBreak()
  expect(broken.map(({ sentence, stream }) => [stream, sentence])).toEqual([
    ['fields', 'Shop V3 lost price, title on east, north, south.'],
  ])
  const { app, reader } = testApp()
  reader.all = broken
  const { alerts } = await (await app.request('/v1/alerts')).json()
  expect(alerts).toHaveLength(1)
  expect(alerts[0]).toMatchObject({ fields: ['price', 'title'] })
  expect(alerts[0].proof).toMatch(/^\/v1\/evidence\/a1b2c3d4e5f6-20420-[123]$/)
  const [shown] = openAlerts(broken, null, new Map())
  expect(`/v1/evidence/${shown!.proof}`).toBe(alerts[0].proof)
})

const over = (stream: string, samples: Record<string, unknown>[], change: Partial<Alert> = {}): Alert =>
  testAlert({ stream, evidence: { partition: 0, from: null, to: null, samples }, ...change })

test('it is that of the newest sample that the alert is about, else of the newest', () => {
  const samples = [
    { scraper: 'north', field: 'stock', evidence: OTHER },
    { scraper: 'north', field: 'price', evidence: '../../secret' },
    { scraper: 'north', field: 'price', evidence: ID },
    { scraper: 'north', field: 'price', evidence: OTHER },
  ]
  expect(evidenceIdOf(over('fields', samples, { about: { field: ['price'], scraper: ['north'] } }))).toBe(ID)
  expect(evidenceIdOf(over('fields', samples, { about: { field: ['iban'] } }))).toBe(OTHER)
  expect(evidenceIdOf(over('fields', samples.slice(1)))).toBe(ID)
})

test('events of before, and those of other streams, name none', async () => {
  expect(evidenceIdOf(over('fields', [{ field: 'price' }]))).toBeNull()
  expect(evidenceIdOf(over('trades', [{ evidence: ID }]))).toBeNull()
  const { app, reader } = testApp()
  reader.all = [over('fields', [{ state: 'missing' }], { group: { template: 'shop', field: 'price' } })]
  const { alerts } = await (await app.request('/v1/alerts')).json()
  expect(alerts[0]).toMatchObject({ fields: ['price'] })
  expect(alerts[0]).not.toHaveProperty('proof')
})
