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

/** The rows of a window as they were last asked for, and how. */
interface Made {
  by: readonly string[]
  stats: readonly Stat[]
  spikeOf: Stat | null
  rows: KpiRow[]
}

export class PartitionView {
  readonly keys: PartitionKeys
  /** Parsed once, when they come: questions are many more than changes. */
  readonly fields = new Map<string, unknown>()
  /** By window; a change of any of its fields ends it. */
  private readonly made = new Map<string, Made>()
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
    this.made.clear()
    for (const [field, json] of Object.entries((view ?? {}) as Record<string, string>)) this.put(field, json)
    this.at = (live as string | null) ?? '0-0'
  }

  /** Applies frames in order; returns the names of fields that changed. */
  async apply(redis: Redis, frames: Frame[]): Promise<string[]> {
    const changed = new Set<string>()
    let at = this.at
    for (const frame of frames) {
      if (frame.prev !== at) {
        await this.load(redis)
        return [...this.fields.keys()]
      }
      at = frame.id
      for (const field of fieldsOf(frame)) changed.add(field)
    }
    const names = [...changed]
    const values = names.length === 0 ? [] : await redis.hmget(this.keys.view, ...names)
    for (const [i, name] of names.entries()) this.put(name, values[i] ?? null)
    // Only now: had the values not come, the same frames would have to be read again.
    this.at = at
    return names
  }

  /** What cannot be read, such as the field of a newer engine, is not there; the rest goes on. */
  put(field: string, json: string | null): void {
    this.made.delete(field.split('/', 2).join('/'))
    try {
      if (json === null) this.fields.delete(field)
      else this.fields.set(field, JSON.parse(json))
    } catch {
      this.fields.delete(field)
    }
  }

  /** Rows of one window, [] where the partition has none yet; the same ones until they change. */
  rows(
    metric: string,
    window: string,
    by: readonly string[],
    stats: readonly Stat[],
    spikeOf: Stat | null,
  ): KpiRow[] {
    const name = `${metric}/${window}`
    const made = this.made.get(name)
    if (made?.by === by && made.stats === stats && made.spikeOf === spikeOf) return made.rows
    const header = this.fields.get(name) as ViewHeader | undefined
    const rows: KpiRow[] = []
    for (let i = 0; i < (header?.blocks ?? 0); i++) {
      const block = this.fields.get(`${name}/${i}`) as ViewBlock | undefined
      if (Array.isArray(block?.g)) pushRows(rows, block, header!.asOf, by, stats, spikeOf)
    }
    this.made.set(name, { by, stats, spikeOf, rows })
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
