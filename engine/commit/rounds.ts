/**
 * Snapshot rounds. The dirty blocks are encoded at one instant, uploaded over as many commits as the caps allow
 * under names of a new round, and become valid when the last of these commits flips `meta.round`. Then the
 * fields that no block refers to any more are deleted.
 */
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw, type ZlibOptions } from 'node:zlib'
import type { SnapshotBlocks } from './folding.ts'

/** Bytes and fields of one round uploaded with one commit. */
const UPLOAD_BYTES = 512 * 1024
const UPLOAD_FIELDS = 300

export interface Manifest {
  round: number
  /** Position the state is at. */
  off: string
  n: number
  /** Of these, entries that were gone before they were read; absent: none. */
  holes?: number
  /** Field of every block. */
  fields: Record<string, string>
}

export interface Upload {
  snapshot: (string | Buffer)[]
  snapshotGone: string[]
  meta: string[]
  acks: string[]
  /** Position of the round this upload completes, or null. */
  completes: string | null
}

/** A round on its way. */
interface Running {
  manifest: Manifest
  /** Blocks that no commit has carried yet; those that are compressed, by field. */
  left: number
  ready: [field: string, block: Buffer][]
  acks: [string, number][]
  packed: Promise<void>
  failed?: unknown
}

export class Rounds {
  /** Last complete round. */
  manifest: Manifest
  private next: Running | null = null
  private garbage: string[] = []

  constructor(manifest: Manifest) {
    this.manifest = manifest
  }

  get running(): boolean {
    return this.next !== null
  }

  /** Begins a round with a state that was just encoded; `off`, `n`, `holes`: the position it is at. */
  begin({ changed, names, acks }: SnapshotBlocks, off: string, n: number, holes = 0): void {
    const round = this.manifest.round + 1
    const fields: Record<string, string> = {}
    const queue: [string, Buffer][] = []
    for (const name of names) {
      const bytes = changed.get(name)
      fields[name] = bytes === undefined ? this.manifest.fields[name]! : `${name}@${round}`
      if (bytes !== undefined) queue.push([fields[name], bytes])
    }
    const next: Running = {
      manifest: { round, off, n, ...(holes === 0 ? {} : { holes }), fields },
      left: queue.length,
      ready: [],
      acks,
      packed: Promise.resolve(),
    }
    next.packed = packAll(queue, next.ready)
    // Whoever waits for it hears of a failure; until then nobody may.
    next.packed.catch((error: unknown) => (next.failed = error))
    this.next = next
    // A round that died may have left fields under the very names this one writes.
    const written = new Set([...Object.values(fields), `manifest@${round}`])
    this.garbage = this.garbage.filter((field) => !written.has(field))
  }

  /** Resolves when all of the running round can be uploaded. */
  async packed(): Promise<void> {
    await this.next?.packed
  }

  /** What the next commit carries of the running round: what is compressed by now. Commits do not wait for the rest. */
  upload(): Upload {
    const upload: Upload = { snapshot: [], snapshotGone: [], meta: [], acks: [], completes: null }
    if (this.garbage.length > 0) upload.snapshotGone = this.garbage.splice(0, UPLOAD_FIELDS)
    if (this.next === null) return upload
    let bytes = 0
    const { next } = this
    const { ready, manifest, acks } = next
    if (next.failed !== undefined) throw next.failed
    while (ready.length > 0 && bytes < UPLOAD_BYTES && upload.snapshot.length < 2 * UPLOAD_FIELDS) {
      const [field, block] = ready.shift()!
      upload.snapshot.push(field, block)
      bytes += block.length
      next.left--
    }
    if (next.left > 0) return upload
    upload.snapshot.push(`manifest@${manifest.round}`, JSON.stringify(manifest))
    upload.meta.push('round', String(manifest.round))
    for (const [id, seq] of acks) upload.acks.push(id, String(seq))
    upload.completes = manifest.off
    return upload
  }

  /** The commit that carried the last upload of the round has succeeded. */
  completed(): void {
    const used = new Set(Object.values(this.next!.manifest.fields))
    this.garbage.push(...Object.values(this.manifest.fields).filter((field) => !used.has(field)))
    if (this.manifest.round > 0) this.garbage.push(`manifest@${this.manifest.round}`)
    this.manifest = this.next!.manifest
    this.next = null
  }

  /** Fields found in Redis that no complete round refers to: left by a round that died. */
  sweep(present: string[]): void {
    const used = new Set([...Object.values(this.manifest.fields), `manifest@${this.manifest.round}`])
    this.garbage.push(...present.filter((field) => !used.has(field)))
  }
}

const RAW = Buffer.of(0)
const DEFLATED = Buffer.of(1)
/** Below this, compressing costs more time than it saves bytes. */
const SMALL = 1024
/** Unpacked. */
const MAX_BLOCK = 512 * 1024 * 1024
const MIN_PIECE = 1024
const MAX_PIECE = 4 * 1024 * 1024
const deflateOf = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw)
const inflateOf = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw)

async function packAll(blocks: [string, Buffer][], ready: [string, Buffer][]): Promise<void> {
  for (const [field, bytes] of blocks) ready.push([field, await pack(bytes)])
}

/** Compresses beside the event loop, which has events to count. */
async function pack(bytes: Buffer): Promise<Buffer> {
  if (bytes.length < SMALL) return Buffer.concat([RAW, bytes])
  return Buffer.concat([DEFLATED, await deflateOf(bytes, { level: 1 })])
}

/** A block as the fold wrote it; unpacked beside the event loop too. */
export async function unpack(block: Buffer): Promise<Buffer> {
  if (block[0] === RAW[0]) return block.subarray(1)
  // In one piece, mostly: each further one is a turn of the event loop.
  const chunkSize = Math.min(MAX_PIECE, Math.max(MIN_PIECE, 4 * block.length))
  const bytes = await inflateOf(block.subarray(1), { maxOutputLength: MAX_BLOCK, chunkSize })
  // Small ones come in a buffer many times their size, and panes hold on to them.
  return bytes.buffer.byteLength > 2 * bytes.length ? Buffer.from(bytes) : bytes
}
