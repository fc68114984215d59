/** However the bytes are cut, the entries are those that were sent. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LogEntries, logsIn } from './log-entries.ts'
import { ReplyReader } from './reply.ts'

type Logs = [key: string, entries: [id: string, fields: string[]][]][]

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', '\r\n', '$3\r\nfoo', '-ERR'),
)
const logs: fc.Arbitrary<Logs> = fc.array(
  fc.tuple(text, fc.array(fc.tuple(text, fc.array(text, { maxLength: 6 })), { maxLength: 8 })),
  { maxLength: 4 },
)

function bulk(value: string): string {
  return `$${Buffer.byteLength(value)}\r\n${value}\r\n`
}

function list(items: string[]): string {
  return `*${items.length}\r\n${items.join('')}`
}

function wire(all: Logs): string {
  const entry = ([id, fields]: [string, string[]]): string => list([bulk(id), list(fields.map(bulk))])
  return list(all.map(([key, entries]) => list([bulk(key), list(entries.map(entry))])))
}

function plain(found: [string, LogEntries][] | null): Logs | null {
  return (
    found?.map(([key, entries]) => [
      key,
      Array.from({ length: entries.length }, (_, i) => [entries.id(i), entries.fields(i).strings()]),
    ]) ?? null
  )
}

/** What comes of `bytes` in pieces that end at `cuts`; the reply must be there with the last piece and not before. */
function read(reader: ReplyReader, bytes: Buffer, cuts: number[]): Logs | null | Error {
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].sort((a, b) => a - b)
  let from = 0
  for (const end of ends) {
    const reply = reader.push(bytes.subarray(from, end))
    from = end
    if (end < bytes.length) expect(reply).toBeNull()
    else return reply instanceof Error ? reply : plain(logsIn(reply!))
  }
  throw new Error('no reply')
}

test('replies come out whole, one after the other, wherever they were cut', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(fc.tuple(logs, cuts), { minLength: 1, maxLength: 4 }), (replies) => {
      const reader = new ReplyReader()
      for (const [sent, places] of replies) {
        // Ids are ASCII, and read as such.
        const ascii = sent.map(([key, entries]): Logs[0] => [
          key,
          entries.map(([, fields], i) => [`${i}-0`, fields]),
        ])
        expect(read(reader, Buffer.from(wire(ascii)), places)).toEqual(ascii)
      }
    }),
  )
})

test('nothing, and an error, are replies too; the next one is read as ever', () => {
  const reader = new ReplyReader()
  expect(read(reader, Buffer.from('*-1\r\n'), [1, 3])).toBeNull()
  expect(read(reader, Buffer.from('-WRONGTYPE no stream\r\n'), [5])).toEqual(new Error('WRONGTYPE no stream'))
  expect(read(reader, Buffer.from(wire([['k', [['1-0', ['a', 'b']]]]])), [7])).toEqual([
    ['k', [['1-0', ['a', 'b']]]],
  ])
})

test('what is no reply, or more than one, ends the connection', () => {
  for (const garbage of [
    'HTTP/1.1 400 Bad Request\r\n',
    '*1\r\n-ERR inside\r\n',
    '*-1\r\n*-1\r\n',
    '*2\r\n$*\r\n',
    `$${'1'.repeat(30)}`,
  ])
    expect(() => new ReplyReader().push(Buffer.from(garbage)), garbage).toThrow(/Redis sent/)
  const other = new ReplyReader().push(Buffer.from('*1\r\n:5\r\n'))
  expect(() => logsIn(other as never)).toThrow(/something else/)
})
