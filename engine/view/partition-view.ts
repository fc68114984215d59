/** A reader's copy of one partition's `view`, kept up to date by `live`; re-read where a frame is missing. */
import type { Redis } from 'ioredis'
import type { Stat } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import { groupLabels } from '../window/group-key.ts'
import type { ViewBlock, ViewHeader } from './encode.ts'
import type { KpiRow } from './reader.ts'

/** One entry of `live`: the id of the frame before it, and what it says. */
export interface Frame {
  id: string
  prev: string
  json: string
}

export class PartitionView {
  readonly keys: PartitionKeys
  readonly fields = new Map<string, string>()
  /** Id of the last frame applied. */
  at = '0-0'

  constructor(keys: PartitionKeys) {
    this.keys = keys
  }

  /** View and position in one step. */
  async load(redis: Redis): Promise<void> {
    const reply = await redis.multi().hgetall(this.keys.view).hget(this.keys.meta, 'live').exec()
    const [view, live] = (reply ?? []).map(([error, value]) => {
      if (error) throw error
      return value
    })
    this.fields.clear()
    for (const [field, json] of Object.entries((view ?? {}) as Record<string, string>))
      this.fields.set(field, json)
    this.at = (live as string | null) ?? '0-0'
  }

  /** Applies frames in order; returns the names of fields that changed. */
  async apply(redis: Redis, frames: Frame[]): Promise<string[]> {
    const changed = new Set<string>()
    for (const frame of frames) {
      if (frame.prev !== this.at) {
        await this.load(redis)
        return [...this.fields.keys()]
      }
      this.at = frame.id
      for (const field of fieldsOf(frame)) changed.add(field)
    }
    if (changed.size === 0) return []
    const names = [...changed]
    const values = await redis.hmget(this.keys.view, ...names)
    for (const [i, name] of names.entries()) {
      const json = values[i]
      if (json == null) this.fields.delete(name)
      else this.fields.set(name, json)
    }
    return names
  }

  /** Rows of one window, [] where the partition has none yet. */
  rows(
    metric: string,
    window: string,
    by: readonly string[],
    stats: readonly Stat[],
    spikeOf: Stat | null,
  ): KpiRow[] {
    const header = this.fields.get(`${metric}/${window}`)
    if (header === undefined) return []
    const { asOf, blocks } = JSON.parse(header) as ViewHeader
    const rows: KpiRow[] = []
    for (let i = 0; i < blocks; i++) {
      const json = this.fields.get(`${metric}/${window}/${i}`)
      if (json !== undefined) pushRows(rows, JSON.parse(json) as ViewBlock, asOf, by, stats, spikeOf)
    }
    return rows
  }
}

function pushRows(
  rows: KpiRow[],
  block: ViewBlock,
  asOf: number,
  by: readonly string[],
  stats: readonly Stat[],
  spikeOf: Stat | null,
): void {
  for (const [i, key] of block.g.entries()) {
    const values: KpiRow['values'] = {}
    for (const stat of stats) values[stat] = block[stat]?.[i] ?? null
    const row: KpiRow = { group: groupLabels(by, key), asOf, values }
    if (spikeOf !== null) {
      const baseline = block.baseline?.[i] ?? null
      const value = values[spikeOf] ?? null
      row.baseline = baseline
      row.ratio = baseline !== null && baseline !== 0 && value !== null ? value / baseline : null
    }
    rows.push(row)
  }
}

/** Fields of the view, or an alert and one that fell out of those kept. */
interface Said {
  fields?: string[]
  alert?: { id: string }
  gone?: string
}

function fieldsOf(frame: Frame): string[] {
  const { fields = [], alert, gone } = JSON.parse(frame.json) as Said
  return [...fields, ...(alert ? [alert.id] : []), ...(gone ? [gone] : [])]
}
