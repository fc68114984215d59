/**
 * Entries on disk, in order, while Redis is away: append-only files of checksummed records, each synced before
 * anything in it is sent, and deleted when all of it is in Redis.
 */
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { WeirError } from '../error.ts'
import type { Resumed } from './lane.ts'
import {
  encodeSpooled,
  frame,
  type Numbering,
  type SegmentHeader,
  type SpooledEntry,
} from './spool-record.ts'
import { lockSpool, type SpoolLock } from './spool-lock.ts'
import { readSegment, scanSpool, type Segment, segmentPath, type SpoolOwner } from './spool-scan.ts'

export const SPOOL_BYTES = 256 * 1024 * 1024
const SEGMENT_BYTES = 4 * 1024 * 1024
/** Read back at once, so that emptying the disk does not wait for a sync with every entry. */
const WINDOW_BYTES = 1024 * 1024
const WINDOW_ENTRIES = 256

export interface SpoolOptions {
  directory: string
  /** Most bytes on disk. */
  bytes?: number
}

export class Spool {
  /** Where the numbers go on, as found at the start; null: with a new producer id. */
  readonly numbering: Numbering[] | null
  /** Bytes that were found torn or damaged, and cut away. */
  readonly cut: number
  /** Rows that were on disk and could not be read again while running. */
  damaged = 0
  private readonly directory: string
  private readonly owner: SpoolOwner
  private readonly lock: SpoolLock
  private readonly limit: number
  private readonly segmentBytes: number
  private readonly segments: Segment[]
  private active: { file: FileHandle; chain: number } | null = null
  /** What is being read of the first segment: its entries, and how far they were given out. */
  private reading: { entries: SpooledEntry[]; at: number } | null = null
  private nextNumber: number

  /** Use `openSpool`. */
  constructor(
    directory: string,
    owner: SpoolOwner,
    lock: SpoolLock,
    scan: { segments: Segment[]; numbering: Numbering[] | null; cut: number },
    limit: number,
  ) {
    this.directory = directory
    this.owner = owner
    this.lock = lock
    this.segments = scan.segments
    this.numbering = scan.numbering
    this.cut = scan.cut
    this.limit = limit
    this.segmentBytes = Math.min(SEGMENT_BYTES, Math.ceil(limit / 4))
    this.nextNumber = (scan.segments.at(-1)?.number ?? 0) + 1
  }

  get empty(): boolean {
    return this.segments.length === 0
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** Rows on disk per partition, those not yet deleted although they are in Redis among them. */
  rowsOf(partition: number): number {
    return this.segments.reduce((sum, { rows }) => sum + rows[partition]!, 0)
  }

  /** Where a partition goes on. */
  resumed(partition: number): Resumed {
    const numbering = this.numbering?.[partition] ?? { id: '', next: 0 }
    return { numbering, pending: this.rowsOf(partition) }
  }

  /**
   * Writes entries in their order and syncs them. Returns how many are on disk: fewer where there is no room for
   * more. `numbering`: where the numbers go on after all that was ever appended. Throws what the system says.
   */
  async append(entries: readonly SpooledEntry[], numbering: () => Numbering[]): Promise<number> {
    let done = 0
    while (done < entries.length && this.bytes < this.limit) {
      const { file, chain } = (this.active ??= await this.begin(numbering()))
      const segment = this.segments.at(-1)!
      const frames: Buffer[] = []
      let size = 0
      let sum = chain
      const from = done
      for (; done < entries.length && segment.bytes + size < this.segmentBytes; done++) {
        const framed = frame(encodeSpooled(entries[done]!), sum)
        if (this.bytes + size + framed.bytes.length > this.limit) break
        frames.push(framed.bytes)
        size += framed.bytes.length
        sum = framed.chain
      }
      if (done > from) await this.write(file, segment, Buffer.concat(frames))
      for (const { partition, rows } of entries.slice(from, done)) segment.rows[partition]! += rows
      this.active = { file, chain: sum }
      if (segment.bytes >= this.segmentBytes) await this.seal()
      else if (done === from) break
    }
    return done
  }

  /** The oldest entries that were not given out, about a megabyte of them; empty where there are none. */
  async next(): Promise<SpooledEntry[]> {
    if (this.reading === null) {
      const first = this.segments[0]
      if (first === undefined) return []
      if (this.segments.length === 1) await this.seal()
      this.reading = { entries: await this.read(first.number), at: 0 }
    }
    const { entries, at } = this.reading
    let end = at
    for (let bytes = 0; end < entries.length && end - at < WINDOW_ENTRIES && bytes < WINDOW_BYTES; end++)
      bytes += entries[end]!.bytes
    this.reading.at = end
    return entries.slice(at, end)
  }

  /** A file that somebody deleted is as one that cannot be read: what is gone shows as missing in the engine. */
  private async read(number: number): Promise<SpooledEntry[]> {
    try {
      return await readSegment(this.directory, number, this.owner)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /**
   * All that was given out is in Redis: deletes the file where that was all of it. Returns rows per partition that
   * it should have held and did not, or null.
   */
  async confirm(): Promise<number[] | null> {
    if (this.reading === null || this.reading.at < this.reading.entries.length) return null
    const { entries } = this.reading
    const { number, rows } = this.segments.shift()!
    this.reading = null
    await unlink(segmentPath(this.directory, number))
    // Before anything is sent past it: a file that came back would give its numbers away again.
    if (this.empty) await this.syncDirectory()
    const lost = [...rows]
    for (const entry of entries) lost[entry.partition]! -= entry.rows
    const sum = lost.reduce((all, n) => all + n, 0)
    this.damaged += sum
    return sum > 0 ? lost : null
  }

  async close(): Promise<void> {
    await this.seal()
    this.lock.release()
  }

  /** Begins a new file, whose first record says where the numbers stand. */
  private async begin(lanes: Numbering[]): Promise<{ file: FileHandle; chain: number }> {
    if (!this.lock.held) throw taken(this.directory)
    const number = this.nextNumber++
    const { namespace, stream } = this.owner
    const header: SegmentHeader = { format: 'weir-spool/1', segment: number, namespace, stream, lanes }
    const { bytes, chain } = frame(Buffer.from(JSON.stringify(header)), 0)
    const path = segmentPath(this.directory, number)
    const file = await open(path, 'wx', 0o600)
    try {
      await writeAll(file, bytes, 0)
      await this.syncDirectory()
    } catch (error) {
      await file.close()
      await unlink(path).catch(() => undefined)
      throw error
    }
    this.segments.push({ number, bytes: bytes.length, rows: lanes.map(() => 0) })
    return { file, chain }
  }

  /** Appends at the known end; where that fails, what was written is taken back and the file is not used further. */
  private async write(file: FileHandle, segment: Segment, bytes: Buffer): Promise<void> {
    if (!this.lock.held) throw taken(this.directory)
    try {
      await writeAll(file, bytes, segment.bytes)
      segment.bytes += bytes.length
    } catch (error) {
      await file.truncate(segment.bytes).catch(() => undefined)
      await this.seal()
      throw error
    }
  }

  private async seal(): Promise<void> {
    const { active } = this
    this.active = null
    await active?.file.close()
  }

  private async syncDirectory(): Promise<void> {
    const directory = await open(this.directory, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }
}

/** Opens or creates a spool. Throws WEIR_SPOOL where another process uses it or it belongs to something else. */
export async function openSpool(
  { directory, bytes = SPOOL_BYTES }: SpoolOptions,
  owner: SpoolOwner,
): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = lockSpool(directory)
  if ('heldBy' in lock) throw taken(directory, lock.heldBy)
  try {
    return new Spool(directory, owner, lock, await scanSpool(directory, owner), bytes)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Writes at a position, however many calls it takes, and syncs. */
async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
  await file.datasync()
}

function taken(where: string, by = 'another process'): WeirError {
  return new WeirError(`the spool is used by ${by}.`, {
    code: 'WEIR_SPOOL',
    domain: 'user',
    retry: true,
    where,
    todo: 'Give every process a spool directory of its own. One whose host is gone is free after 30 s.',
  })
}
