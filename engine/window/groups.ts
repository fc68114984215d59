/**
 * The directory of a metric's groups on one partition: key to small id and back, lowest free id first, so that
 * ids can be derived from the log alone. Ids are reused only after eviction, when no pane refers to them.
 */
import { groupKey, OTHER } from './group-key.ts'

export class Groups {
  readonly limit: number
  private readonly byString = new Map<string, number>()
  private readonly byKey = new Map<string, number>()
  /** Canonical key by id; null where the id is free. */
  readonly keys: (string | null)[] = []
  /** Free ids, highest first, so that pop() gives the lowest. */
  private readonly free: number[] = []
  /** Events counted under `__other__` because the limit was reached. */
  overflow = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.byKey.size
  }

  /** Id of the group with one string value: the hot path. */
  idOfString(value: string): number {
    const id = this.byString.get(value)
    if (id !== undefined) return id
    const made = this.idOfKey(groupKey([value]))
    // Beyond the limit nothing is remembered per value: memory is bounded whatever arrives.
    if (this.byString.size < this.limit * 2) this.byString.set(value, made)
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
    const id = this.free.pop() ?? this.keys.length
    this.keys[id] = key
    this.byKey.set(key, id)
    return id
  }

  evict(id: number): void {
    const key = this.keys[id]
    if (key === null || key === undefined) return
    this.byKey.delete(key)
    for (const [value, known] of this.byString) if (known === id) this.byString.delete(value)
    this.keys[id] = null
    let at = this.free.length
    while (at > 0 && this.free[at - 1]! < id) at--
    this.free.splice(at, 0, id)
  }

  restore(keys: (string | null)[], overflow: number): void {
    this.overflow = overflow
    for (const [id, key] of keys.entries()) {
      this.keys[id] = key
      if (key === null) this.free.unshift(id)
      else this.byKey.set(key, id)
    }
  }
}

const OTHER_KEY = groupKey([OTHER])
