/**
 * Which worker should own which partition: rendezvous hashing with a cap. Every worker computes the same answer
 * from the same membership, so there is no leader; a wrong view costs balance, never correctness (the lease decides).
 */
import { fnv1a } from '../stream/partition-hash.ts'

/**
 * Owner of every partition. Each partition goes to the worker with the highest weight that has room; nobody gets
 * more than ceil(partitions / workers). Little moves when a worker comes or goes. Empty without workers.
 */
export function spread(partitions: readonly string[], workers: readonly string[]): Map<string, string> {
  const owners = new Map<string, string>()
  if (workers.length === 0) return owners
  const cap = Math.ceil(partitions.length / workers.length)
  const load = new Map<string, number>()
  for (const partition of [...partitions].sort()) {
    let best: string | null = null
    let bestWeight = -1
    for (const worker of workers) {
      if ((load.get(worker) ?? 0) >= cap) continue
      const weight = mix(fnv1a(`${worker} ${partition}`))
      if (weight > bestWeight || (weight === bestWeight && best !== null && worker < best)) {
        best = worker
        bestWeight = weight
      }
    }
    owners.set(partition, best!)
    load.set(best!, (load.get(best!) ?? 0) + 1)
  }
  return owners
}

/** Spreads the low avalanche of FNV over all bits (finalizer of MurmurHash3, public domain). */
function mix(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
