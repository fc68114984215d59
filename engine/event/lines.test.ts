import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readLines, type Line } from './lines.ts'

async function read(text: string | Buffer, chunk = 7, longest = 20, kept = 5): Promise<Line[]> {
  const bytes = Buffer.from(text)
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let i = 0; i < bytes.length; i += chunk) yield bytes.subarray(i, i + chunk)
  }
  const lines: Line[] = []
  for await (const some of readLines(chunks(), longest, kept)) lines.push(...some)
  return lines
}

test('lines are the same however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '🦊', ' ', '\r') }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      async (texts, chunk) => {
        const expected = texts
          .map((text, i) => ({ number: i + 1, text, bytes: Buffer.byteLength(text), cut: false }))
          .filter(({ text }) => text.trim() !== '')
        expect(await read(texts.join('\n'), chunk, 1000)).toEqual(expected)
      },
    ),
    { numRuns: 50 },
  )
})

test('a long line is cut, its length known, and the next one whole', async () => {
  const lines = await read(`{"a":1}\n${'x'.repeat(1000)}\n\n{"b":2}`)
  expect(lines).toEqual([
    { number: 1, text: '{"a":1}', bytes: 7, cut: false },
    { number: 2, text: 'xxxxx', bytes: 1000, cut: true },
    { number: 4, text: '{"b":2}', bytes: 7, cut: false },
  ])
})

test('a line of exactly the longest length is whole', async () => {
  for (const chunk of [1, 3, 100])
    expect((await read(`${'x'.repeat(20)}\n${'y'.repeat(21)}`, chunk)).map(({ cut }) => cut)).toEqual([
      false,
      true,
    ])
})

test('a byte order mark is no part of the first line', async () => {
  expect((await read('\ufeff{}'))[0]!.text).toBe('{}')
})

test('bytes that are no text do no harm', async () => {
  expect(await read(Buffer.from([0xff, 0xfe, 0x0a, 0x41]))).toHaveLength(2)
})
