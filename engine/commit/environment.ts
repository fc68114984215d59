/** What the partitions of one worker have in common. */
import type { Redis } from 'ioredis'
import type { SeriesStore } from '../series/store.ts'

export interface PartitionEnvironment {
  redis: Redis
  namespace: string
  store: SeriesStore
  /** Lease term, ms. */
  ttl: number
  /** Longest time between two commits while there is something to commit, ms. */
  commitEvery: number
  /** Time between two snapshots, ms: what was read in it is read again after a kill. */
  snapshotEvery: number
  onFailure: (where: string, error: unknown) => void
  /** A monotone clock, ms: the machine's own may be set back while we work. */
  now: () => number
  /** Called between pieces of work: a promise to wait for before the next one, or null. */
  breathe: () => Promise<void> | null
  /** Entries of a partition that were gone before they were read. */
  onHole?: (partition: string, entries: number) => void
}
