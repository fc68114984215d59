import { expect, test } from 'vitest'
import { markContent } from './content-mark.ts'
import { identifyContent, identifyRun, type Identity, type IngestRecord } from './ingest-identity.ts'

const target = { stream: 'requests', partitions: 8 }

/** Sends files one after the other, as the command does, and says what each was taken for. */
function sender(chunk = 4) {
  const known = new Map<string, IngestRecord>()
  return async (text: string, to = target, now = 1000): Promise<Identity> => {
    const bytes = Buffer.from(text)
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let i = 0; i < bytes.length; i += chunk) yield bytes.subarray(i, i + chunk)
    }
    const lengths = [...known.values()].flatMap(({ marks }) => marks.map((mark) => mark.bytes))
    const identity = identifyContent(await markContent(chunks(), lengths), to, known, 'file.ndjson', now)
    known.set(identity.field, identity.record)
    return identity
  }
}

test.each([1, 2, 3, 4, 100])(
  'the same content is the same producer, however it is read (%d)',
  async (chunk) => {
    const send = sender(chunk)
    const first = await send('a\nbb\nccc\n')
    expect(first.decision).toBe('new')
    expect(first.record.id).toMatch(/^file:[0-9a-f]{32}$/)
    const again = await send('a\nbb\nccc\n', target, 2000)
    expect(again).toMatchObject({ decision: 'same', record: { id: first.record.id } })
  },
)

test.each([1, 2, 3, 100])('content that grew continues, also more than once (%d)', async (chunk) => {
  const send = sender(chunk)
  const { record } = await send('a\nb\n')
  for (const text of ['a\nb\nc\n', 'a\nb\nc\nd'])
    expect(await send(text)).toMatchObject({ decision: 'grown', record: { id: record.id } })
  // The line without an end is whole where an end follows …
  expect(await send('a\nb\nc\nd\ne')).toMatchObject({ decision: 'grown', record: { id: record.id } })
  // … and an earlier state of the file is still known.
  expect(await send('a\nb\nc\n')).toMatchObject({ decision: 'same', record: { id: record.id } })
})

test('a last line that went on is another line, so another file', async () => {
  const send = sender()
  await send('a\nb')
  expect((await send('a\nbc\n')).decision).toBe('new')
})

test('a spoilt copy is another file', async () => {
  const send = sender()
  const { record } = await send('a\nb\nc\n')
  const spoilt = await send('a\nX\nc\n')
  expect(spoilt.decision).toBe('new')
  expect(spoilt.record.id).not.toBe(record.id)
})

test('files that part ways after a common beginning do not hide each other', async () => {
  const send = sender()
  await send('a\n')
  await send('a\nb\n')
  expect((await send('a\nX\n')).decision).toBe('new')
})

test('an empty file is the beginning of nothing', async () => {
  const send = sender()
  await send('')
  expect((await send('a\n')).decision).toBe('new')
})

test('another stream or another number of partitions is another producer', async () => {
  const send = sender()
  await send('a\n')
  expect((await send('a\n', { stream: 'trades', partitions: 8 })).decision).toBe('new')
  expect((await send('a\n', { stream: 'requests', partitions: 4 })).decision).toBe('new')
})

test('a named run is recognised by its name alone', () => {
  const known = new Map<string, IngestRecord>()
  const first = identifyRun('nightly', target, known, 1000)
  known.set(first.field, first.record)
  expect(identifyRun('nightly', target, known, 2000)).toEqual({ ...first, decision: 'same' })
  expect(identifyRun('weekly', target, known, 2000).decision).toBe('new')
})
