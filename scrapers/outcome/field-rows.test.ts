import { expect, test } from 'vitest'
import { money, scraper, text } from '../index.ts'
import { fieldRows } from './field-rows.ts'
import type { FieldResult } from './signals.ts'

const NORTH = scraper('north-bank', {
  visit: 'https://north.example/',
  every: '1m',
  fleet: 'banks',
  template: 'core-banking',
  read: { balance: money('.b'), iban: text('.i', { private: true }) },
})
const result = (more: Partial<FieldResult>): FieldResult => ({
  state: 'ok',
  optional: false,
  matches: 1,
  note: '',
  ...more,
})
const rows = (fields: Record<string, FieldResult>, outcome = 'ok', reason = 'all_valid') =>
  fieldRows(
    NORTH,
    { fields },
    { outcome: outcome as 'ok', reason, detail: '' },
    { version: '4f2a', at: 1000 },
  )

test('a row says where it comes from, its state, and the type, length and value of what was found', () => {
  const [balance, owner, list, offer] = rows({
    balance: result({ value: 12.5 }),
    owner: result({ value: 'Orrin' }),
    transactions: result({ value: [{}, {}] }),
    offer: result({ state: 'missing', optional: true, note: 'nothing matches ".offer"' }),
  })
  const common = {
    at: 1000,
    scraper: 'north-bank',
    template: 'core-banking',
    fleet: 'banks',
    version: '4f2a',
  }
  const found = { ...common, state: 'ok', optional: false, detail: '' }
  expect(balance).toEqual({ ...found, field: 'balance', type: 'number', value: 12.5 })
  expect(owner).toEqual({ ...found, field: 'owner', type: 'string', length: 5 })
  expect(list).toEqual({ ...found, field: 'transactions', type: 'list', length: 2 })
  expect(offer).toEqual({
    ...common,
    field: 'offer',
    state: 'missing',
    optional: true,
    detail: 'nothing matches ".offer"',
  })
})

test('a value that structured data contradicts is told as one, with what that says', () => {
  const [row] = rows({ balance: result({ value: 12.5, doubt: '1250' }) })
  expect(row).toMatchObject({ state: 'ok', value: 12.5, doubted: true, detail: 'the page states 1250' })
  const [secret] = rows({ iban: result({ value: 'DE89', doubt: 'DE12' }) })
  expect(secret).toMatchObject({ doubted: true, detail: 'the page states another value' })
})

test('of a private field only state and type are told', () => {
  const [fine, broken] = [
    result({ value: 'DE89 3704' }),
    result({ state: 'invalid', note: '"DE89 3704" is no amount' }),
  ].flatMap((iban) => rows({ iban }))
  expect(fine).toMatchObject({ state: 'ok', type: 'string' })
  expect(broken).toMatchObject({ state: 'invalid' })
  expect(JSON.stringify([fine, broken])).not.toContain('DE89')
  expect(fine).not.toHaveProperty('length')
})

test('a truthfully empty list says nothing of how long lists are', () => {
  const [row] = rows({ transactions: result({ state: 'absent', value: [] }) })
  expect(row).toMatchObject({ state: 'absent' })
  expect(row).not.toHaveProperty('length')
})

test('a run that did not see the page says nothing of its fields; a page that is gone takes them with it', () => {
  const fields = { balance: result({ state: 'missing', note: 'nothing matches' }) }
  for (const outcome of ['skipped', 'crashed', 'rate_limited', 'blocked', 'auth_failed', 'site_down'])
    expect(rows(fields, outcome, '')).toEqual([])
  expect(rows(fields, 'layout_changed', 'selector')).toMatchObject([{ state: 'missing' }])
  expect(rows(fields, 'absent', '404')).toMatchObject([{ state: 'absent', detail: 'the site answered 404' }])
})

test('every row of a run names what was kept of it', () => {
  const fields = { balance: result({ state: 'missing' }), owner: result({ value: 'Orrin' }) }
  const verdict = { outcome: 'layout_changed', reason: 'selector', detail: '' } as const
  const told = { version: '4f2a', at: 1000 }
  const evidence = 'a1b2c3d4e5f6-20420-1'
  const kept = fieldRows(NORTH, { fields }, verdict, { ...told, evidence })
  expect(kept.map((row) => row.evidence)).toEqual([evidence, evidence])
  for (const row of fieldRows(NORTH, { fields }, verdict, told)) expect(row).not.toHaveProperty('evidence')
})
