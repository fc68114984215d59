import { expect, test } from 'vitest'
import { Retention } from './retention.ts'

const MB = 1024 * 1024
const DAY = 86_400_000
const EMPTY = { bytes: 0, first: '0-0', last: '0-0', now: 0 }

/** Feeds an entry of one MB each second, from `from` s on. */
function feed(retention: Retention, from: number, count: number): void {
  for (let i = 0; i < count; i++) retention.fed(`${(from + i) * 1000}-0`, MB)
}

test('nothing goes before there is a snapshot, and nothing beyond it', () => {
  const retention = new Retention(EMPTY)
  feed(retention, 1, 100)
  retention.measure(100 * DAY)
  const limit = { age: DAY, bytes: 10 * MB }
  expect(retention.trim(limit)).toBe('')
  retention.snapshotAt('50000-0')
  expect(retention.trim(limit)).toBe('50000-0')
})

test('what bytes asked for while a snapshot held it up goes with the next one', () => {
  const retention = new Retention(EMPTY)
  const limit = { age: DAY, bytes: 10 * MB }
  feed(retention, 1, 100)
  retention.snapshotAt('20000-0')
  expect(retention.trim(limit)).toBe('20000-0')
  retention.snapshotAt('100000-0')
  // Entry 89 is the last of those that lie more than 10 MB back.
  expect(retention.trim(limit)).toBe('89000-0')
  expect(retention.trim(limit)).toBe('89000-0')
})

test('age asks for more than bytes', () => {
  const retention = new Retention(EMPTY)
  feed(retention, 1, 100)
  retention.snapshotAt('100000-0')
  retention.measure(DAY + 95_000)
  expect(retention.trim({ age: DAY, bytes: 10 * MB })).toBe('95000-0')
})

test('a log that its owner finds there shrinks as well, also where owners change before a limit has been read', () => {
  const limit = { age: DAY, bytes: 64 * MB }
  // 200 MB between 1000 s and 2000 s: 136 MB of it are too many.
  const retention = new Retention({ bytes: 200 * MB, first: '1000000-5', last: '2000000-0', now: 2_000_000 })
  retention.snapshotAt('1999000-0')
  const below = Number.parseInt(retention.trim(limit))
  expect(below).toBeGreaterThan(1_660_000)
  expect(below).toBeLessThan(1_685_000)
  feed(retention, 2001, 10)
  expect(Number.parseInt(retention.trim(limit)) - below).toBe(50_000)
})

test('what is there but not yet read counts once, and an id far ahead draws nothing with it', () => {
  const week = 7 * DAY
  const last = `${2_000_000 + week}-0`
  const retention = new Retention({ bytes: 65 * MB, first: '1000000-0', last, now: 2_000_000 })
  retention.snapshotAt(last)
  retention.fed('1999999-0', 40 * MB)
  expect(Number.parseInt(retention.trim({ age: DAY, bytes: 64 * MB - 1 }))).toBeLessThan(1_020_000)
})

test('a limit that changes counts from now on', () => {
  const retention = new Retention(EMPTY)
  feed(retention, 1, 100)
  retention.snapshotAt('100000-0')
  expect(retention.trim({ age: DAY, bytes: 64 * MB })).toBe('35000-0')
  expect(retention.trim({ age: DAY, bytes: 10 * MB })).toBe('89000-0')
})
