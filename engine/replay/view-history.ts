/** What the view of one partition showed as time went by, to be read as of any moment. */
import type { CompiledMetric, CompiledWindow, Stat } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import type { ViewHeader } from '../view/encode.ts'
import { PartitionView } from '../view/partition-view.ts'
import type { KpiRow } from '../view/reader.ts'

export class ViewHistory {
  private readonly keys: PartitionKeys
  /** Per field what was written, and as of when its window was read. */
  private readonly versions = new Map<string, { asOf: number; json: string }[]>()

  constructor(keys: PartitionKeys) {
    this.keys = keys
  }

  /** `fields`: what one step put into the view; a window's header always comes with its blocks. */
  add(fields: ReadonlyMap<string, string>): void {
    for (const [field, json] of fields) {
      const [metric, window] = field.split('/') as [string, string]
      const { asOf } = JSON.parse(fields.get(`${metric}/${window}`)!) as ViewHeader
      const versions = this.versions.get(field)
      if (versions === undefined) this.versions.set(field, [{ asOf, json }])
      else versions.push({ asOf, json })
    }
  }

  /** Rows of a window as it was last read at or before `at` (ms), [] where it had not been read yet. */
  rows(metric: CompiledMetric, window: CompiledWindow, at: number, spikeOf: Stat | null): KpiRow[] {
    const view = new PartitionView(this.keys)
    const name = `${metric.name}/${window.name}`
    for (const [field, versions] of this.versions) {
      if (field !== name && !field.startsWith(`${name}/`)) continue
      const version = versions.findLast(({ asOf }) => asOf <= at)
      if (version !== undefined) view.put(field, version.json)
    }
    return view.rows(metric.name, window.name, metric.by, metric.stats, spikeOf)
  }
}
