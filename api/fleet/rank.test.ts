/** The order of the fleet: what is worst, and the words that say why. */
import { expect, test } from 'vitest'
import { RecentRuns, type Block, type FleetScraper, type RunEvent } from '../../engine/index.ts'
import { fieldShares } from './field-share.ts'
import { compareRanks, percent, type WhyPart } from './rank.ts'
import { rowOf, type FleetRow } from './row.ts'

const NOW = 1_700_000_000_000
const MIN = 60_000
const WEEK = { share: 0.99, window: '7d' }

const scraper: FleetScraper = {
  name: 'bank',
  kind: 'browser',
  fleet: 'banks',
  template: 'bank',
  host: 'bank.example',
  site: 'bank.example',
  url: 'https://bank.example/',
  every: '1m',
  fields: ['balance', 'rate'].map((name) => ({ name, optional: name === 'rate', absence: true })),
  version: 'v1',
  since: NOW - 90 * MIN,
  due: NOW + 30_000,
  running: null,
  paused: null,
  asked: null,
  last: { due: NOW - 30_000, started: NOW - 30_000, worker: 'w' },
}

/** One run a minute, the newest a minute ago: `o` ok, `l` a lost balance, `r` a lost rate, `b` blocked, `d` down, `s` kept away, `m` missed, `p` paused. */
function runsOf(letters: string, more: Partial<RunEvent> = {}): RecentRuns {
  const runs = new RecentRuns()
  const kinds: Record<string, Partial<RunEvent>> = {
    o: {},
    l: { outcome: 'layout_changed', reason: 'selector', right: false, missing: ['balance'] },
    r: { missing: ['rate'] },
    b: { outcome: 'blocked', reason: 'challenge', right: false },
    d: { outcome: 'site_down', reason: 'timeout', right: false },
    s: { outcome: 'skipped', reason: 'breaker', right: false },
    m: { outcome: 'skipped', reason: 'missed', right: false, missed: 7 },
    e: { outcome: 'skipped', reason: 'missed', right: false, missed: 1 },
    p: { outcome: 'skipped', reason: 'paused', right: false },
  }
  const empty = { present: [], missing: [], empty: [], invalid: [], absent: [] }
  for (const [i, letter] of [...letters].entries())
    runs.add({
      id: `bank@${i}`,
      at: NOW - (letters.length - i) * MIN,
      scraper: 'bank',
      kind: 'browser',
      fleet: 'banks',
      host: 'bank.example',
      url: 'https://bank.example/',
      outcome: 'ok',
      reason: 'all_valid',
      detail: '',
      right: true,
      ms: 5,
      version: 'v1',
      ...empty,
      ...kinds[letter],
      ...more,
    })
  return runs
}

function row(letters: string, change: Partial<FleetScraper> = {}, block: Block | null = null): FleetRow {
  const runs = runsOf(letters).of('bank')
  return rowOf({
    scraper: { ...scraper, ...change },
    runs,
    weekOf: () => WEEK,
    block,
    marks: [],
    proposals: [],
    now: NOW,
  })
}

function said(why: readonly WhyPart[]): string {
  const part = (one: WhyPart): string =>
    'text' in one
      ? one.text
      : 'age' in one
        ? `${(NOW - one.age) / MIN} min`
        : `+${(one.time - NOW) / MIN} min`
  return why.map(part).join('')
}

const block: Block = {
  site: 'bank.example',
  scraper: 'bank',
  exit: 'direct',
  outcome: 'blocked',
  reason: 'challenge',
  detail: '',
  url: '',
  at: NOW - MIN,
  until: NOW + 5 * MIN,
  strikes: 1,
}
const ok = 'o'.repeat(20)

test.each([
  ['all well', row(ok), 'good', ''],
  ['a field lost again and again', row(`${ok}${'l'.repeat(12)}`), 'bad', 'balance missing in 12 of 12 runs'],
  ['once is no pattern', row(`${ok}l`), 'warn', 'balance missing in the last run'],
  ['blocked', row(`${ok}b`, {}, block), 'bad', 'blocked until +5 min: challenge'],
  [
    'a block that is over',
    row(`${ok}bb`, {}, { ...block, until: NOW - 1 }),
    'bad',
    'blocked (challenge) in 2 of 2 runs',
  ],
  ['a block elsewhere', row(ok, {}, block), 'good', ''],
  ['down', row(`${ok}ddd`), 'bad', 'down (timeout) for 3 min'],
  ['kept away by what it did', row(`${ok}ddss`), 'bad', 'down (timeout) for 4 min'],
  ['kept away, and nobody knows why', row(`${ok}ss`), 'bad', 'not visited (breaker) in 2 of 2 runs'],
  ['missed turns', row(`${ok}m`), 'bad', '7 due times passed without a run'],
  ['one missed turn', row(`${ok}e`), 'warn', '1 due time passed without a run'],
  [
    'nobody runs it',
    row(ok, { due: NOW - 9 * MIN, last: { due: 0, started: NOW - 9 * MIN, worker: '' } }),
    'bad',
    'no run for 9 min',
  ],
  ['never ran', row('', { due: NOW - 9 * MIN, last: null }), 'bad', 'never run, due for 9 min'],
  ['new', row(''), 'unknown', 'no run yet'],
  [
    'paused',
    row(`${ok}lp`, { paused: { by: 'ann', since: NOW - 2 * MIN } }),
    'unknown',
    'paused by ann, for 2 min',
  ],
  ['paused before, well now', row(`${'p'.repeat(20)}${ok}`), 'good', ''],
  ['loaded by nobody', row(ok, { goneSince: NOW - MIN }), 'unknown', 'loaded by no process for 1 min'],
  ['a field leaves its week', row(`${ok}${'r'.repeat(12)}`), 'warn', 'rate found in 40%, 99% in its week'],
  ['wrong at times', row(`${'o'.repeat(8)}dd${'o'.repeat(30)}`), 'good', ''],
  ['wrong often', row(`${'o'.repeat(8)}dddd${'o'.repeat(30)}`), 'warn', 'right in 90% of the last due times'],
] satisfies [string, FleetRow, string, string][])('%s', (_, { mood, why }, wanted, words) => {
  expect([mood, said(why)]).toEqual([wanted, words])
})

test('a proposal waits where all else is well', () => {
  const runs = runsOf(ok).of('bank')
  const input = { scraper, runs, weekOf: () => WEEK, block: null, marks: [], now: NOW }
  const { mood, why } = rowOf({ ...input, proposals: ['balance', 'rate'] })
  expect([mood, said(why)]).toEqual(['warn', '2 proposals wait for your word'])
})

test('worst first', () => {
  const rows = [ok, '', `${ok}l`, `${ok}${'l'.repeat(12)}`, `${ok}ddd`].map((letters) => row(letters))
  const sorted = rows.toSorted(compareRanks)
  expect(sorted.map((each) => said(each.why))).toEqual([
    'balance missing in 12 of 12 runs',
    'down (timeout) for 3 min',
    'balance missing in the last run',
    'no run yet',
    '',
  ])
})

test('due times without a run count as not run, those of a pause do not', () => {
  const { ran, right, runs, spells } = row('ooooopm')
  expect({ ran, right, runs }).toEqual({ ran: 5 / 12, right: 5 / 12, runs: 7 })
  expect(spells.map(({ reason, runs: n }) => [reason, n])).toEqual([
    ['all_valid', 5],
    ['paused', 1],
    ['missed', 1],
  ])
})

test('how old the data is, when it went wrong, and what was seen last', () => {
  const runs = runsOf(`${ok}ll`, { evidence: 'abc', detail: '<b>' }).of('bank')
  const made = rowOf({ scraper, runs, weekOf: () => null, block: null, marks: [], proposals: [], now: NOW })
  expect(made.rightAt).toBe(NOW - 3 * MIN)
  expect(made.since).toBe(NOW - 2 * MIN)
  expect(made.failure).toMatchObject({ outcome: 'layout_changed', evidence: 'abc', detail: '<b>' })
})

test('late starts', () => {
  const { late } = rowOf({
    scraper,
    runs: runsOf('ooo', { lateMs: 4000 }).of('bank'),
    weekOf: () => null,
    block: null,
    marks: [],
    proposals: [],
    now: NOW,
  })
  expect(late).toEqual({ runs: 3, worstMs: 4000 })
})

test('a field is held against its own week, not against perfection', () => {
  const runs = runsOf('orororororororororor').of('bank')
  const moods = (week: number) =>
    fieldShares(scraper.fields, runs, () => ({ share: week, window: '7d' })).map(({ mood }) => mood)
  expect(moods(0.5)).toEqual(['good', 'good'])
  expect(moods(0.7)).toEqual(['good', 'warn'])
  expect(fieldShares(scraper.fields, [], () => WEEK).map(({ now, mood }) => [now, mood])).toEqual([
    [null, 'unknown'],
    [null, 'unknown'],
  ])
})

test('shares are never rounded to all or nothing', () => {
  expect([0, 0.001, 0.5, 0.999, 1].map(percent)).toEqual(['0%', '1%', '50%', '99%', '100%'])
})
