/**
 * The records of a spool file: length, checksum, content. A checksum covers the length and goes on from the one
 * before, so that a record is one only in its own place: what a torn write left behind is never taken for an event.
 */
import { crc32 } from 'node:zlib'

const HEAD_BYTES = 8
/** Nothing we write is longer; a length beyond that is no length. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024

export interface Framed {
  bytes: Buffer
  /** Checksum that the next record goes on from. */
  chain: number
}

/** One record to be written after one whose checksum was `chain`; the first of a file goes on from 0. */
export function frame(content: Buffer, chain: number): Framed {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(content.length, 0)
  const sum = crc32(content, crc32(head.subarray(0, 4), chain))
  head.writeUInt32LE(sum, 4)
  return { bytes: Buffer.concat([head, content]), chain: sum }
}

export interface Whole {
  contents: Buffer[]
  /** Bytes up to the end of the last whole record. */
  length: number
  chain: number
}

/** All records from the start of a file up to the first that is not whole. */
export function wholeRecords(bytes: Buffer): Whole {
  const contents: Buffer[] = []
  let at = 0
  let chain = 0
  while (at + HEAD_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at)
    const end = at + HEAD_BYTES + length
    if (length > MAX_RECORD_BYTES || end > bytes.length) break
    const content = bytes.subarray(at + HEAD_BYTES, end)
    const sum = crc32(content, crc32(bytes.subarray(at, at + 4), chain))
    if (sum !== bytes.readUInt32LE(at + 4)) break
    contents.push(content)
    chain = sum
    at = end
  }
  return { contents, length: at, chain }
}

/** One entry of a partition's log that waits for Redis. */
export interface SpooledEntry {
  partition: number
  rows: number
  /** Sum of the bytes its rows were taken with. */
  bytes: number
  fields: string[]
}

/** `partition rows bytes` and the length of each field in bytes, then the fields. */
export function encodeSpooled({ partition, rows, bytes, fields }: SpooledEntry): Buffer {
  const texts = fields.map((field) => Buffer.from(field))
  const head = Buffer.alloc(4 * (4 + texts.length))
  for (const [i, word] of [
    partition,
    rows,
    bytes,
    texts.length,
    ...texts.map((text) => text.length),
  ].entries())
    head.writeUInt32LE(word, 4 * i)
  return Buffer.concat([head, ...texts])
}

export function decodeSpooled(content: Buffer): SpooledEntry {
  const word = (i: number): number => content.readUInt32LE(4 * i)
  const count = word(3)
  const fields: string[] = []
  let at = 4 * (4 + count)
  for (let i = 0; i < count; i++) {
    fields.push(content.toString('utf8', at, at + word(4 + i)))
    at += word(4 + i)
  }
  return { partition: word(0), rows: word(1), bytes: word(2), fields }
}

/** Where the numbers of one partition go on: the producer id in use, and the number of its next row. */
export interface Numbering {
  id: string
  next: number
}

/** The first record of every file: whose events these are, and the numbers as they were when it was begun. */
export interface SegmentHeader {
  format: 'weir-spool/1'
  segment: number
  namespace: string
  stream: string
  /** One per partition. */
  lanes: Numbering[]
}

/** The number after an entry's last row, and the id it is under. */
export function numberingAfter({ fields, rows }: SpooledEntry): Numbering {
  const named = (name: string): string => fields[fields.indexOf(name) + 1] ?? ''
  return { id: named('from'), next: Number(named('seq')) + rows }
}
