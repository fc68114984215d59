import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSpooled, encodeSpooled, frame, numberingAfter, wholeRecords } from './spool-record.ts'

function file(contents: readonly Buffer[]): { bytes: Buffer; ends: number[] } {
  let chain = 0
  const parts: Buffer[] = []
  const ends: number[] = []
  for (const content of contents) {
    const framed = frame(content, chain)
    chain = framed.chain
    parts.push(framed.bytes)
    ends.push((ends.at(-1) ?? 0) + framed.bytes.length)
  }
  return { bytes: Buffer.concat(parts), ends }
}

const someContents = fc
  .array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 12 })
  .map((list) => list.map((bytes) => Buffer.from(bytes)))

test('cut at any byte, exactly the whole records before the cut are read', () => {
  fc.assert(
    fc.property(someContents, (contents) => {
      const { bytes, ends } = file(contents)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const whole = wholeRecords(bytes.subarray(0, cut))
        const kept = ends.filter((end) => end <= cut)
        expect(whole.contents).toEqual(contents.slice(0, kept.length))
        expect(whole.length).toBe(kept.at(-1) ?? 0)
      }
    }),
    { numRuns: 30 },
  )
})

test('with any bit flipped, any byte overwritten or bytes of zeros behind, only the records before it are read', () => {
  const change = fc.record({ at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) })
  fc.assert(
    fc.property(someContents, change, fc.nat({ max: 30 }), (contents, { at, bits }, zeros) => {
      const { bytes, ends } = file(contents)
      const place = at % bytes.length
      bytes[place]! ^= bits
      const before = ends.filter((end) => end <= place).length
      const { contents: read } = wholeRecords(Buffer.concat([bytes, Buffer.alloc(zeros)]))
      expect(read).toEqual(contents.slice(0, before))
    }),
    { numRuns: 2000 },
  )
})

test('a record is one only in its place: a file that goes on with records of another is cut there', () => {
  const one = file([Buffer.from('header 1'), Buffer.from('a'), Buffer.from('b')])
  const other = file([Buffer.from('header 2'), Buffer.from('a'), Buffer.from('b')])
  const mixed = Buffer.concat([one.bytes.subarray(0, one.ends[1]), other.bytes.subarray(other.ends[1])])
  expect(wholeRecords(mixed).contents.map(String)).toEqual(['header 1', 'a'])
  expect(wholeRecords(Buffer.alloc(100)).contents).toEqual([])
})

test('an entry comes back as it was, whatever its texts hold', () => {
  const entry = fc.record({
    partition: fc.nat({ max: 255 }),
    rows: fc.nat({ max: 500 }),
    bytes: fc.nat(),
    fields: fc.array(fc.string({ unit: 'binary' })),
  })
  fc.assert(
    fc.property(entry, (one) => {
      expect(decodeSpooled(encodeSpooled(one))).toEqual(one)
    }),
  )
})

test('numbers go on after the last row of an entry, under its id', () => {
  const fields = ['weir', 'batch/1', 'from', 'p~1~a', 'seq', '40', 'n', '3', 'cols', '{}']
  expect(numberingAfter({ partition: 0, rows: 3, bytes: 9, fields })).toEqual({ id: 'p~1~a', next: 43 })
})
