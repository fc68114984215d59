import { expect, test } from 'vitest'
import { tradesStream, trade } from '../event/trades.fixture.ts'
import { compileValidator } from '../event/validate.ts'
import { letterId, placeOf, readLetter, replayId } from './letter.ts'
import { inTime, rowOfLetter } from './replayable.ts'

const PLACE = { kind: 'dead', partition: 3, key: '1700000000000-0' } as const
const stream = tradesStream()
const validate = compileValidator(stream)
const letterOf = (raw: string) => readLetter(PLACE, JSON.stringify({ id: '1690000000000-5', row: 2, raw }))

test('ids lead back to their place, and nothing else does', () => {
  expect(placeOf(letterId(PLACE))).toEqual(PLACE)
  for (const id of [
    '',
    'dead',
    'dead-3-1',
    'dead-03x-1-0',
    'gone-3-1-0',
    'dead-3-1-0\n',
    `dead-3-${'1'.repeat(30)}-0`,
  ])
    expect(placeOf(id), id).toBeNull()
})

test('a line of the ledger that is unreadable, or a lie, is still a letter', () => {
  expect(readLetter(PLACE, '{oops')).toMatchObject({ reason: /unreadable/, raw: '{oops', row: 0 })
  expect(readLetter(PLACE, 'null')).toMatchObject({ raw: 'null' })
  const lie = readLetter(PLACE, JSON.stringify({ id: {}, row: 'x', reason: 'r'.repeat(9999), raw: ['a'] }))
  expect(lie).toMatchObject({ entry: '', row: 0, raw: '' })
  expect(lie.reason).toHaveLength(500)
})

test('the producer of a replay is named by the row in the log, not by where it lies in the ledger', () => {
  const letter = letterOf('{}')
  expect(replayId(letter)).toBe('replay~1690000000000~dead-3-1690000000000-5-2')
  expect(replayId({ ...letter, id: 'dead-3-1800000000000-0', at: 1 })).toBe(replayId(letter))
})

test('only what is an event of the stream today is sent again', () => {
  expect(rowOfLetter(letterOf(JSON.stringify(trade())), validate)).toEqual({ ok: true, row: trade() })
  expect(rowOfLetter(letterOf('[1]'), validate)).toMatchObject({ ok: false, reason: 'unreadable' })
  expect(rowOfLetter(letterOf(`{"note":"${'x'.repeat(4090)}`), validate)).toMatchObject({ reason: 'cut' })
  expect(rowOfLetter(letterOf(JSON.stringify(trade({ volume: -1 }))), validate)).toMatchObject({
    reason: 'invalid',
    says: /volume.*>= 0/,
  })
})

test.each([
  ['in time to the millisecond', 1000, 61_000, 61_000, true],
  ['closed by a millisecond', 1000, 61_001, 61_001, 'closed'],
  ['before the first event nothing is closed', 1000, null, 9e9, true],
  ['at most a minute ahead', 61_000, null, 1000, true],
  ['further ahead', 61_001, null, 1000, 'ahead'],
] as const)('%s', (_, at, watermark, now, verdict) => {
  const told = inTime(trade({ at }), stream, watermark, now)
  expect(told.ok || told.reason).toBe(verdict)
})

test('a stream on log time is never late', () => {
  expect(inTime(trade({ at: 1 }), { ...stream, time: null }, 9e9, 9e9)).toMatchObject({ ok: true })
})
