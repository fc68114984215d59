/**
 * The directory of a metric's groups on one partition: key to small id and back, lowest free id first, so that
 * ids can be derived from the log alone. Ids are reused only after eviction, when no pane refers to them.
 */
import { groupKey, OTHER_KEY } from './group-key.ts'

export class Groups {
  readonly limit: number
  private readonly byString = new Map<string, number>()
  private readonly byKey = new Map<string, number>()
  /** Canonical key by id; null where the id is free. */
  readonly keys: (string | null)[] = []
  /** The string that `byString` knows an id by. */
  private readonly strings: (string | undefined)[] = []
  /** Free ids, highest first once `sorted`, so that pop() gives the lowest. */
  private readonly free: number[] = []
  private sorted = true
  /** Events counted under `__other__` because the limit was reached. */
  overflow = 0

  constructor(limit: number) {
    this.limit = limit
  }

  has(key: string): boolean {
    return this.byKey.has(key)
  }

  get size(): number {
    return this.byKey.size
  }

  /** Id of the group with one string value: the hot path. */
  idOfString(value: string): number {
    const id = this.byString.get(value)
    if (id !== undefined) return id
    const key = groupKey([value])
    const made = this.idOfKey(key)
    // What was counted under another name is not remembered: when there is room again it gets its own group.
    if (this.keys[made] === key) {
      this.byString.set(value, made)
      this.strings[made] = value
    }
    return made
  }

  idOfValues(values: readonly unknown[]): number {
    return this.idOfKey(groupKey(values))
  }

  idOfKey(key: string): number {
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    if (this.byKey.size >= this.limit && key !== OTHER_KEY) {
      this.overflow++
      return this.idOfKey(OTHER_KEY)
    }
    const id = this.lowestFree()
    this.keys[id] = key
    this.byKey.set(key, id)
    return id
  }

  evict(id: number): void {
    const key = this.keys[id]
    if (key === null || key === undefined) return
    this.byKey.delete(key)
    const value = this.strings[id]
    if (value !== undefined) this.byString.delete(value)
    this.strings[id] = undefined
    this.keys[id] = null
    this.free.push(id)
    this.sorted = false
  }

  restore(keys: (string | null)[], overflow: number): void {
    this.overflow = overflow
    // Whatever a new directory begins with is among the keys, or was evicted since.
    this.byKey.clear()
    this.free.length = 0
    for (const [id, key] of keys.entries()) {
      this.keys[id] = key
      if (key === null) this.free.push(id)
      else this.byKey.set(key, id)
    }
    this.sorted = false
  }

  private lowestFree(): number {
    if (!this.sorted) this.free.sort((a, b) => b - a)
    this.sorted = true
    return this.free.pop() ?? this.keys.length
  }
}
