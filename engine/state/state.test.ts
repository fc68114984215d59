import { expect, test } from 'vitest'
import { partitionState } from './partition-state.ts'
import type { EngineState } from './read-state.ts'
import { age, bytes, count } from './short.ts'
import { stateWords, totals } from './state-words.ts'

const NOW = 1_700_000_000_000
const SMALL = {
  counted: 5,
  duplicate: 1,
  late: 2,
  dead: 3,
  missing: 4,
  forwarded: 6,
  control: '1-0',
  chain: 'c',
}
const said = (change: Record<string, string | number> = {}): string[] =>
  Object.entries({
    now: NOW,
    owner: '12:4711.ab:cafe',
    exp: NOW + 3000,
    at: NOW - 150,
    off: `${NOW - 200}-0`,
    n: 90,
    round: 7,
    small: JSON.stringify(SMALL),
    'entries-added': 100,
    'waiting-seen': 10,
    'waiting-rows': 250,
    manifest: `{"round":7,"off":"${NOW - 9000}-3","n":80,"fields":{"a":"a@`,
    'snapshot-bytes': 4096,
    ...change,
  }).flatMap(([name, value]) => [name, String(value)])

test('rules that fail, holes, and logs ahead of the clock are named', () => {
  const small = JSON.stringify({ ...SMALL, failing: ['high: rule failed: TypeError'] })
  const one = partitionState(
    'trades',
    3,
    said({ small, holes: 12, 'last-generated-id': `${NOW + 7_200_000}-0` }),
  )
  const words = stateWords({
    now: NOW,
    namespace: 'weir',
    control: { id: '1-0', hash: 'h', by: 'me' },
    workers: [],
    partitions: [one],
  })
  expect(words).toContain('12 entries of trades.3 were trimmed or deleted before they were read')
  expect(words).toContain('Rule high: rule failed: TypeError: it cannot be judged')
  expect(words).toContain("The log of trades.3 is 2h ahead of the server's clock")
})

test('what is said of a partition, with units', () => {
  expect(partitionState('trades', 3, said())).toMatchObject({
    owner: { worker: '4711.ab', epoch: 12 },
    leaseLeft: 3000,
    position: `${NOW - 200}-0`,
    lag: { entries: 10, events: 250, atLeast: false },
    committedAge: 150,
    snapshot: { round: 7, position: `${NOW - 9000}-3`, age: 9000, bytes: 4096 },
    counts: { counted: 5, missing: 4 },
  })
})

test('where the ids of a day are too many to remember, that is said', () => {
  const partitions = [said(), said({ small: JSON.stringify({ ...SMALL, idSpan: 2_460_000 }) })].map(
    (reply, i) => partitionState('s', i, reply),
  )
  expect(partitions.map(({ idSpan }) => idSpan)).toEqual([null, 2_460_000])
  const control = { id: `${NOW}-0`, hash: 'h', by: 'x' }
  const words = stateWords({ now: NOW, namespace: 'weir', control, workers: [], partitions })
  expect(words).toContain(
    '1 of 2 partitions remember the ids of events for less than a day (at least 41min).',
  )
})

test('where a metric has too many groups, that is said', () => {
  const partitions = [said(), said({ small: JSON.stringify({ ...SMALL, other: 12_345 }) })].map((reply, i) =>
    partitionState('s', i, reply),
  )
  expect(partitions.map(({ other }) => other)).toEqual([0, 12_345])
  const control = { id: `${NOW}-0`, hash: 'h', by: 'x' }
  const words = stateWords({ now: NOW, namespace: 'weir', control, workers: [], partitions })
  expect(words).toContain('1 of 2 partitions (s) counted 12k events under __other__')
})

test('more waits than was looked at: the number of events is a lower bound', () => {
  expect(partitionState('s', 0, said({ 'entries-added': 5000 })).lag).toEqual({
    entries: 4910,
    events: 250,
    atLeast: true,
  })
})

test('a partition that nobody ever took is empty, not wrong', () => {
  expect(partitionState('s', 0, ['now', String(NOW)])).toMatchObject({
    owner: null,
    leaseLeft: 0,
    position: '0-0',
    lag: { entries: 0, events: 0, atLeast: false },
    committedAge: null,
    snapshot: null,
  })
})

test('tables fit 100 columns and say what needs a look', () => {
  const large = said({
    'entries-added': 123_456_789,
    'waiting-rows': 98_765_432,
    'log-bytes': 999_500_000,
    pend: 99_999,
    round: 123_456,
    off: `${NOW}-123`,
  })
  const state: EngineState = {
    now: NOW,
    namespace: 'weir',
    control: {
      id: `${NOW - 60_000}-0`,
      hash: 'abcdef012345',
      by: '/a/folder/far/away/from/everything/streams.config.ts',
    },
    workers: [{ id: '4711.ab', seenAgo: 400, live: true, partitions: 1 }],
    partitions: [
      partitionState('a-stream-with-a-name-of-some-length', 63, large),
      partitionState('trades', 0, said({ exp: 0, owner: '3:9.zz:x' })),
    ],
  }
  const text = stateWords(state)
  expect(text.split('\n').filter((line) => [...line].length > 100)).toEqual([])
  expect(text).toMatch(/w1:12 +3\.0s/)
  expect(text).toMatch(/trades\.0 +gone:3 +none/)
  expect(text).toMatch(/123M\/≥99M/)
  expect(text).toContain('1 of 2 partitions have no owner')
  expect(stateWords({ ...state, control: null })).toMatch(/no config/)
})

test('totals per stream', () => {
  const two = [partitionState('s', 0, said()), partitionState('s', 1, said({ 'entries-added': 5000 }))]
  expect(totals(two)).toMatchObject([
    {
      stream: 's',
      partitions: 2,
      counted: 10,
      lag: { entries: 4920, events: 500, atLeast: true },
      snapshot: 8192,
    },
  ])
})

test('short numbers', () => {
  const shown = [0, 999, 1000, 9949, 999_499, 999_500, 1.5e12].map(bytes)
  expect(shown).toEqual(['0', '999B', '1.0kB', '9.9kB', '999kB', '1.0MB', '1.5TB'])
  expect([0, 9999, 10_000, 999_999, 1_260_000].map(count)).toEqual(['0', '9999', '10k', '1.0M', '1.3M'])
  const ages = [0, 999, 1000, 119_000, 120_000, 7_200_000, 172_800_000].map(age)
  expect(ages).toEqual(['0ms', '999ms', '1.0s', '119s', '2min', '2h', '2d'])
})
