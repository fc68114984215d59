import { describe, expect, test } from 'vitest'
import type { FieldEvent } from '../event/field.ts'
import { simulate } from '../replay/simulate.ts'
import { defineConfig, fieldHealth } from './authoring.ts'

const START = Date.UTC(2026, 0, 5, 10)
const BREAK = 30
type Change = Partial<FieldEvent>

/** Three shops of one template, read each minute; from minute 30 on the fields read as `after` says. */
function told(after: Record<string, Change>, swings: string[] = []): string[] {
  const usual: Record<string, Change> = {
    price: { type: 'number', value: 20 },
    title: { type: 'string', length: 30 },
  }
  const rows: FieldEvent[] = []
  for (let minute = 0; minute < 42; minute++)
    for (const [i, scraper] of ['north', 'south', 'east'].entries())
      for (const [field, found] of Object.entries(usual)) {
        const at = START + minute * 60_000 + i * 1000
        const row = {
          at,
          scraper,
          template: 'shop-v3',
          fleet: 'shops',
          field,
          optional: false,
          version: 'v1',
        }
        rows.push({ ...row, state: 'ok', detail: '', ...((minute >= BREAK && after[field]) || found) })
      }
  const config = defineConfig({ rules: fieldHealth({ over: '1h', swings }) })
  return simulate(config, { fields: rows })
    .alerts.filter(({ event }) => event !== 'updated')
    .map(({ event, alert }) => `${alert.rule} ${alert.severity} ${event}: ${alert.sentence}`)
}

describe('the health of fields', () => {
  test.each<[string, Record<string, Change>, string[]]>([
    ['nothing changes', {}, []],
    [
      'a template that loses fields is one alert, however many fields and scrapers',
      { price: { state: 'missing' }, title: { state: 'empty' } },
      ['fields-lost critical fired: east, north, south lost price, title: 30 % of reads, 0 % before.'],
    ],
    [
      'another type',
      { price: { type: 'string', length: 3 } },
      ['fields-type critical fired: price of Shop V3 is a string now.'],
    ],
    [
      'far too short',
      { title: { type: 'string', length: 2 } },
      ['fields-length warning fired: Shop V3: title has 2 characters on average, and before 30.'],
    ],
    [
      'far too much',
      { price: { type: 'number', value: 2000 } },
      ['fields-range critical fired: Shop V3: price is 2,000 on average, and before it was 20.'],
    ],
  ])('%s', (_, after, expected) => {
    expect(told(after)).toEqual(expected)
  })

  test('numbers that swing by nature have no range', () => {
    expect(told({ price: { type: 'number', value: 2000 } }, ['shops'])).toEqual([])
  })
})
