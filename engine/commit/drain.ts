/** Empties `pend` into the series store, oldest first, in small fenced idempotent pieces. */
import { RETENTION, type SeriesStore, type Slice } from '../series/store.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import type { ClosedBlock } from './folding.ts'
import type { PendBlob } from './outgoing.ts'

/** Numbers per piece (rows x columns). */
const SLICE_NUMBERS = 1000

export class Drain {
  /** Samples refused by the store (older than its retention). */
  refused = 0
  private readonly store: SeriesStore
  private readonly keys: PartitionKeys
  private readonly token: string
  private readonly queue: [field: string, blocks: ClosedBlock[]][] = []
  private running: Promise<void> | null = null
  private stopped = false
  private readonly onFailure: (error: unknown) => void

  constructor(store: SeriesStore, keys: PartitionKeys, token: string, onFailure: (error: unknown) => void) {
    this.store = store
    this.keys = keys
    this.token = token
    this.onFailure = onFailure
  }

  /** Fields waiting. */
  get length(): number {
    return this.queue.length
  }

  /** Queues what a commit has written: flat pairs [field, JSON, …]. */
  add(pairs: readonly string[]): void {
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      this.queue.push([pairs[i]!, (JSON.parse(pairs[i + 1]!) as PendBlob).blocks])
    }
    if (this.queue.length > 0) this.running ??= this.run()
  }

  /** Resolves when nothing is being written any more; what is left stays in `pend`. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  private async run(): Promise<void> {
    let wait = 50
    while (this.queue.length > 0 && !this.stopped) {
      try {
        const [field, blocks] = this.queue[0]!
        for (const slice of slices(field, blocks)) {
          const { verdict, refused } = await this.store.drain(this.keys, this.token, slice)
          this.refused += refused
          if (verdict === 'FENCED') return
        }
        this.queue.shift()
        wait = 50
      } catch (error) {
        this.onFailure(error)
        await new Promise((resolve) => setTimeout(resolve, wait))
        wait = Math.min(2000, wait * 2)
      }
    }
    this.running = null
  }
}

/** Blocks of one metric, rung and shape share slices; their order is kept, so the last write wins. */
export function slices(field: string, blocks: readonly ClosedBlock[]): Slice[] {
  const byTarget = new Map<string, Slice[]>()
  for (const block of blocks) {
    const target = `${block.metric} ${block.rung} ${block.columns.join()}`
    const list = byTarget.get(target) ?? []
    byTarget.set(target, list)
    const most = Math.max(1, Math.floor(SLICE_NUMBERS / block.columns.length))
    for (const [i, group] of block.groups.entries()) {
      let slice = list.at(-1)
      if (!slice || slice.rows.length >= most) list.push((slice = emptySlice(field, block)))
      slice.rows.push({ group, at: block.at, values: block.values.map((column) => column[i] ?? null) })
    }
  }
  const all = [...byTarget.values()].flat()
  if (all.length > 0) all.at(-1)!.last = true
  return all
}

function emptySlice(field: string, block: ClosedBlock): Slice {
  const { metric, rung, columns } = block
  return { metric, rung, retention: RETENTION[rung], columns, rows: [], field, last: false }
}
