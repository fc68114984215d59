import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, MAX_ENTRY_BYTES } from './decode.ts'
import { batchFields, beatFields, type Entry, rejectFields } from './entry.ts'

const ID = '1700000000000-3'
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const broken = (...fields: string[]): string => {
  const entry = decode(ID, fields)
  return entry.kind === 'broken' ? entry.reason : `not broken but ${entry.kind}`
}

test('what our own writers write is read back', () => {
  const columns = JSON.stringify({ k: ['a', 'b'] })
  expect(decode(ID, batchFields('p~1~a', 7, 2, 'x', 60_000, columns))).toEqual({
    id: ID,
    ms: 1_700_000_000_000,
    kind: 'batch',
    from: 'p~1~a',
    seq: 7,
    n: 2,
    schema: 'x',
    minute: 60_000,
    columns: { k: ['a', 'b'] },
  })
  const row = { reason: 'why', origin: 'line 3', raw: '{' }
  expect(decode(ID, rejectFields('p~1~a', 9, 60_000, [row]))).toMatchObject({
    kind: 'reject',
    seq: 9,
    n: 1,
    minute: 60_000,
    rows: [row],
  })
  // Written before rows for the dead letters had a minute.
  const old = ['weir', 'reject/1', 'from', 'p', 'seq', '0', 'n', '1', 'rows', JSON.stringify([row])]
  expect(decode(ID, old)).toMatchObject({ kind: 'reject', minute: 0 })
  expect(decode(ID, beatFields('p~1~a', [[60_000, 9]]))).toEqual({
    id: ID,
    ms: Number.parseInt(ID),
    kind: 'beat',
    from: 'p~1~a',
    minutes: [[60_000, 9]],
  })
  expect(decode(ID, ['weir', 'control/1', 'id', '5-0'])).toMatchObject({ kind: 'control', control: '5-0' })
  expect(decode(ID, ['weir', 'tick/1', 'by', 'x'])).toMatchObject({ kind: 'tick' })
  expect(decode(ID, ['k', 'a', 'weir', 'batch/1'])).toMatchObject({ kind: 'flat' })
})

test('what is ours but unreadable says why', () => {
  const head = ['weir', 'batch/1', 'from', 'p', 'seq', '0', 'n', '2']
  expect(broken('weir')).toMatch(/unknown entry kind/)
  expect(broken('weir', 'batch/9')).toBe('unknown entry kind batch/9')
  expect(broken('weir', 'batch/1')).toMatch(/from, seq or n/)
  expect(broken(...head)).toMatch(/not a JSON object/)
  expect(broken(...head, 'cols', '[1,2]')).toMatch(/not a JSON object/)
  expect(broken(...head, 'cols', 'null')).toMatch(/not a JSON object/)
  expect(broken(...head, 'cols', '{"k":["a"]}')).toBe('column k is not an array of 2')
  expect(broken(...head, 'cols', '{}')).toBe('batch without columns')
  expect(broken('weir', 'control/1')).toMatch(/without an id/)
  expect(broken('weir', 'control/1', 'id', '$')).toMatch(/without an id/)
  for (const seq of ['-1', '1.5', '1e400', '', 'x', '9007199254740993'])
    expect(
      broken('weir', 'batch/1', 'from', 'p', 'seq', seq, 'n', '1', 'cols', '{"k":[1]}'),
      seq,
    ).not.toMatch(/^not/)
})

test('a rejected row that is no text reads as none, even where it has no text at all', () => {
  const rows = '[{"reason":{"toString":null},"origin":["x"],"raw":5},null]'
  const entry = decode(ID, ['weir', 'reject/1', 'from', 'p', 'seq', '0', 'n', '2', 'rows', rows])
  const none = { reason: '', origin: '', raw: '' }
  expect(entry).toMatchObject({ kind: 'reject', rows: [none, none] })
})

test('whatever arrives, nothing is thrown and what is kept of it is bounded', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      'weir',
      'batch/1',
      'reject/1',
      'control/1',
      'tick/1',
      'from',
      'seq',
      'n',
      'cols',
      'rows',
      'id',
    ),
    fc.constantFrom(
      '0',
      '1',
      '2',
      '-1',
      '1e9',
      'NaN',
      '{"k":[1]}',
      '{"__proto__":[1]}',
      '[{}]',
      '[null]',
      'null',
    ),
    fc.json({ maxDepth: 3 }),
  )
  const ours = fc
    .tuple(fc.constantFrom('batch/1', 'reject/1', 'control/1', 'x'), fc.array(text, { maxLength: 12 }))
    .map(([kind, rest]) => ['weir', kind, ...rest])
  fc.assert(
    fc.property(fc.oneof(fc.array(text, { maxLength: 12 }), ours), (fields) => {
      const entry = decode(ID, fields)
      expect(entry.ms).toBe(1_700_000_000_000)
      checkBounds(entry)
    }),
    { numRuns: 500 },
  )
  const big = 'x'.repeat(MAX_ENTRY_BYTES)
  const head = ['from', 'p', 'seq', '0', 'n', '1']
  for (const fields of [
    [big, big],
    ['weir', big],
    ['weir', 'batch/1', ...head, 'cols', `{"${big}":1}`],
    ['weir', 'batch/1', ...head, 'cols', `{"${'y'.repeat(9000)}":1}`],
    ['weir', 'batch/1', ...head, 'cols', `{"k":${nested(100_000)}}`],
    ['weir', 'batch/1', ...head, 'cols', `{"k":[${nested(100_000)}]}`],
    ['weir', 'reject/1', ...head, 'rows', `["${big}"]`],
    ['weir', 'reject/1', ...head, 'rows', `[{"reason":"${'y'.repeat(9000)}","raw":"${'z'.repeat(9000)}"}]`],
    ['weir', 'control/1', 'id', big],
    ['weir', 'beat/1', 'from', 'p', 'minutes', '[[-1, 2]]'],
    ['weir', 'beat/1', 'from', 'p', 'minutes', '[[1, 1e300]]'],
    ['weir', 'beat/1', 'from', 'p', 'minutes', JSON.stringify(Array.from({ length: 121 }, () => [1, 1]))],
    ['weir', 'beat/1', 'from', big, 'minutes', '[]'],
    Array.from({ length: 200_000 }, () => 'abc'),
    [],
  ])
    checkBounds(decode(ID, fields))
})

function checkBounds(entry: Entry): void {
  if (entry.kind === 'broken') {
    expect(entry.reason.length).toBeGreaterThan(5)
    expect(entry.reason.length).toBeLessThanOrEqual(500)
    expect(entry.raw.length).toBeLessThanOrEqual(4096)
  }
  if (entry.kind === 'reject')
    for (const row of entry.rows) expect(JSON.stringify(row).length).toBeLessThan(10_000)
  if (entry.kind === 'batch') {
    expect(Object.values(entry.columns).every((column) => column.length === entry.n)).toBe(true)
    expect(entry.n * 2).toBeLessThanOrEqual(MAX_ENTRY_BYTES)
  }
  if (entry.kind === 'beat') {
    expect(entry.minutes.length).toBeLessThanOrEqual(120)
    expect(entry.minutes.flat().every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true)
  }
  if (entry.kind === 'control') expect(entry.control.length).toBeLessThan(50)
}
