import { expect, test } from 'vitest'
import type { Alert } from '../alert/alert.ts'
import type { History, Mark } from './mark.ts'
import { originOf, scrapersOf } from './origin.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOW = 100 * DAY

type Asked = Pick<Alert, 'stream' | 'group' | 'about' | 'evidence' | 'since' | 'window'>
const alert = (more: Partial<Asked> = {}): Asked => ({
  stream: 'runs',
  group: { scraper: 'north-bank' },
  evidence: { partition: 0, from: null, to: null, samples: [] },
  since: NOW,
  window: { name: '5m', from: NOW - 5 * MINUTE, to: NOW },
  ...more,
})
/** Loads of north-bank, newest first, so many ms before the alert. */
const loaded = (...ago: number[]): Map<string, History> => {
  const loads = ago.map((ms, i) => ({ version: `v${ago.length - i}`, at: NOW - ms }))
  return new Map([['north-bank', { loads, every: MINUTE }]])
}
const mark = (name: string, ago: number): Mark => ({ name, version: '4f2a', at: NOW - ago, by: 'ci' })
const words = (...asked: Parameters<typeof originOf>): string | null => originOf(...asked)?.words ?? null

test('a version that was loaded shortly before is what it began with', () => {
  const origin = originOf(alert(), [], loaded(3 * MINUTE, 9 * DAY))
  expect(origin).toEqual({
    kind: 'deploy',
    words: 'began with our deploy v2, 3 min before',
    change: { name: 'north-bank', version: 'v2', at: NOW - 3 * MINUTE },
    quietMs: 3 * MINUTE,
  })
  expect(words(alert(), [], loaded(20_000, 9 * DAY))).toBe('began with our deploy v2')
})

test('what was loaded longer ago, or only later, is not', () => {
  expect(words(alert(), [], loaded(6.5 * DAY, 9 * DAY))).toBe('no change of ours in 6 days')
  expect(words(alert(), [], loaded(20 * MINUTE, 9 * DAY))).toBe('no change of ours in 20 min')
  expect(words(alert(), [], loaded(-MINUTE, 9 * DAY))).toBe('no change of ours in 9 days')
})

test('the first version on record is no change: before it nothing is known', () => {
  expect(words(alert(), [], loaded(2 * MINUTE))).toBeNull()
  expect(words(alert(), [], loaded(3 * HOUR))).toBe('no change of ours in 3 h')
  expect(words(alert(), [], new Map())).toBeNull()
})

test('the first run after a deploy may come a whole interval later', () => {
  const slow = new Map([['north-bank', { ...loaded(50 * MINUTE, 9 * DAY).get('north-bank')!, every: HOUR }]])
  expect(words(alert(), [], slow)).toBe('began with our deploy v2, 50 min before')
})

test('a mark explains what it names: everything, the stream, the group, or what the newest event is of', () => {
  const sampled = alert({
    stream: 'requests',
    group: {},
    evidence: { partition: 0, from: null, to: null, samples: [{ fleet: 'banks' }] },
  })
  expect(words(sampled, [mark('all', MINUTE)], new Map())).toBe('began with our deploy 4f2a')
  for (const name of ['requests', 'banks'])
    expect(words(sampled, [mark(name, MINUTE)], new Map())).toBe(`began with our deploy 4f2a of ${name}`)
  expect(words(sampled, [mark('shops', MINUTE)], new Map())).toBeNull()
  expect(words(alert(), [mark('north-bank', MINUTE)], new Map())).toBe('began with our deploy 4f2a')
})

test('the newest change counts, whoever tells of it; of several scrapers that of any', () => {
  expect(words(alert(), [mark('all', 2 * DAY)], loaded(MINUTE, 9 * DAY))).toBe('began with our deploy v2')
  const both = new Map([
    ...loaded(9 * DAY),
    ['sparhaus', { loads: loaded(4 * DAY, 8 * DAY).get('north-bank')!.loads, every: MINUTE }] as const,
  ])
  const wide = alert({ group: { template: 'core' }, about: { scraper: ['north-bank', 'sparhaus'] } })
  expect(scrapersOf(wide)).toEqual(['north-bank', 'sparhaus'])
  expect(words(wide, [], both)).toBe('no change of ours in 4 days')
})
