/**
 * Producers that there was no room for any more, each by the hash of its id and its last number: what they send
 * again is still recognised. Those that even this forgets are refused by when they began.
 */
import { hash64 } from './hash64.ts'
import { HashGenerations, type SavedGenerations } from './hash-generations.ts'

export const MAX_RETIRED = 65_536
/** Added to the last number of one that had missing ranges: what lies below can no longer be told apart. */
const TORN = 2 ** 52

export interface SavedRetired extends SavedGenerations {
  floor: number
  newest: [number, number]
}

export class RetiredProducers {
  private readonly recent: HashGenerations
  private readonly hash = new Int32Array(2)
  /** Newest start of any that was forgotten, ms. */
  private floor = 0
  /** Newest start in the older and in the newer generation. */
  private newest: [number, number] = [0, 0]

  /** `limit`: producers per generation. */
  constructor(limit = MAX_RETIRED) {
    this.recent = new HashGenerations({ name: 'retired', limit, numbered: true })
  }

  /** `startedAt`: as its id says, ms; `ms`: log time. */
  add(id: string, last: number, torn: boolean, startedAt: number, ms: number): void {
    hash64(id, this.hash)
    // A start in the future is no later than now: one false clock must not refuse everybody.
    const start = Math.min(startedAt, ms)
    if (this.recent.add(this.hash[0]!, this.hash[1]!, ms, torn ? last + TORN : last)) {
      this.floor = Math.max(this.floor, this.newest[0])
      this.newest = [this.newest[1], 0]
    }
    this.newest[1] = Math.max(this.newest[1], start)
  }

  /** What is known of a producer: null where it was never here, `forgotten` where that cannot be told any more. */
  find(id: string, startedAt: number): { last: number; torn: boolean } | 'forgotten' | null {
    hash64(id, this.hash)
    const number = this.recent.numberOf(this.hash[0]!, this.hash[1]!)
    if (number === null) return startedAt <= this.floor ? 'forgotten' : null
    return number >= TORN ? { last: number - TORN, torn: true } : { last: number, torn: false }
  }

  save(changed: Map<string, Buffer>, names: string[]): SavedRetired | null {
    const saved = this.recent.save(changed, names)
    return saved && { ...saved, floor: this.floor, newest: this.newest }
  }

  restore(saved: SavedRetired, blocks: ReadonlyMap<string, Buffer>): void {
    this.recent.restore(saved, blocks)
    this.floor = saved.floor
    this.newest = [...saved.newest]
  }
}
