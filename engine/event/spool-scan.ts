/** Reads what a spool directory holds: whole records are taken, what a power cut tore off is cut away and told. */
import { open, readFile, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { WeirError } from '../error.ts'
import {
  decodeSpooled,
  type Numbering,
  numberingAfter,
  type SegmentHeader,
  type SpooledEntry,
  wholeRecords,
} from './spool-record.ts'

/** Whose events a spool holds. */
export interface SpoolOwner {
  namespace: string
  stream: string
  partitions: number
}

/** One file: its number, its bytes, and the rows in it per partition. */
export interface Segment {
  number: number
  bytes: number
  rows: number[]
}

export interface Scan {
  segments: Segment[]
  /** Where the numbers of each partition go on; null where they cannot be known, or nothing is there. */
  numbering: Numbering[] | null
  /** Bytes cut away because they were no whole records. */
  cut: number
}

export function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(8, '0')}.spool`)
}

/** Throws WEIR_SPOOL where the directory holds something else. */
export async function scanSpool(directory: string, owner: SpoolOwner): Promise<Scan> {
  const files = (await readdir(directory)).filter((name) => /^\d{8}\.spool$/.test(name)).toSorted()
  const segments: Segment[] = []
  let numbering: Numbering[] | null = null
  let cut = 0
  for (const name of files) {
    const path = join(directory, name)
    const bytes = await readFile(path)
    const { contents, length } = wholeRecords(bytes)
    cut += bytes.length - length
    if (contents.length === 0) {
      await unlink(path)
      continue
    }
    if (length < bytes.length) await truncate(path, length)
    const header = headerOf(contents[0]!, owner, path)
    const rows = owner.partitions === 0 ? [] : Array.from({ length: owner.partitions }, () => 0)
    numbering = header.lanes
    for (const entry of entriesOf(contents, owner, path)) {
      rows[entry.partition]! += entry.rows
      numbering[entry.partition] = numberingAfter(entry)
    }
    segments.push({ number: header.segment, bytes: length, rows })
  }
  const gap = segments.some(({ number }, i) => i > 0 && number !== segments[i - 1]!.number + 1)
  // What was cut away may have been sent: its numbers must not be given to other rows.
  return { segments, numbering: cut > 0 || gap ? null : numbering, cut }
}

/** The entries of one file, up to the first record that is not whole. */
export async function readSegment(
  directory: string,
  number: number,
  owner: SpoolOwner,
): Promise<SpooledEntry[]> {
  const path = segmentPath(directory, number)
  return entriesOf(wholeRecords(await readFile(path)).contents, owner, path)
}

function headerOf(content: Buffer, owner: SpoolOwner, path: string): SegmentHeader {
  const header = parse(content)
  if (header?.format !== 'weir-spool/1') throw unfit(path, 'is no spool file of this version')
  const { namespace, stream, lanes } = header
  if (namespace !== owner.namespace || stream !== owner.stream || lanes.length !== owner.partitions) {
    const theirs = `${namespace}, stream ${stream} with ${lanes.length} partitions`
    throw unfit(path, `holds events of another stream: namespace ${theirs}`)
  }
  return header
}

function entriesOf(contents: Buffer[], { partitions }: SpoolOwner, path: string): SpooledEntry[] {
  return contents.slice(1).map((content) => {
    const entry = decodeSpooled(content)
    if (!(entry.partition < partitions)) throw unfit(path, `names partition ${entry.partition}`)
    return entry
  })
}

function parse(content: Buffer): SegmentHeader | null {
  try {
    return JSON.parse(content.toString()) as SegmentHeader | null
  } catch {
    return null
  }
}

async function truncate(path: string, length: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.truncate(length)
    await file.sync()
  } finally {
    await file.close()
  }
}

export function unfit(where: string, what: string): WeirError {
  return new WeirError(`${what}.`, {
    code: 'WEIR_SPOOL',
    domain: 'user',
    retry: false,
    where,
    todo: 'Give every producer a spool directory of its own, and keep it for the stream it was made for.',
  })
}
