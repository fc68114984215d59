/**
 * The `view` blobs: what readers get of a window, as JSON columns in blocks of 256 groups.
 *
 *   field `<metric>/<window>`         {"asOf": ms, "blocks": n}
 *   field `<metric>/<window>/<block>` {"g": [group keys], "count": […], …, "baseline": […]}
 *   field `batch~/<rule>`             a batch as its rule sees it (rule/batch-state.ts)
 */
import type { Stat } from '../config/compiled.ts'
import type { Work } from '../work.ts'

export const VIEW_BLOCK = 256

export interface ViewHeader {
  asOf: number
  blocks: number
}
/** `g` and one array per stat, all of one length; `baseline` only where a spike watches the window. */
export type ViewBlock = { g: string[]; baseline?: (number | null)[] } & Partial<
  Record<Stat, (number | null)[]>
>

export interface ViewSource {
  /** Group keys by id; null where the id is free. */
  keys: readonly (string | null)[]
  stats: readonly Stat[]
  value(stat: Stat, group: number): number | null
  baseline: ((group: number) => number | null) | null
}

/** The fields of one window's view of so many groups. */
export function viewFields(name: string, groups: number): string[] {
  return [...Array.from({ length: Math.ceil(groups / VIEW_BLOCK) }, (_, block) => `${name}/${block}`), name]
}

/** No metric has a name that ends so. */
export const BATCH_FIELD = 'batch~/'

export function batchField(rule: string): string {
  return `${BATCH_FIELD}${rule}`
}

/** Calls `put` with every field of one window's view. */
export function* encodeView(
  name: string,
  asOf: number,
  source: ViewSource,
  put: (field: string, json: string) => void,
): Work {
  let blocks = 0
  for (let first = 0; first < source.keys.length; first += VIEW_BLOCK, blocks++) {
    const block: ViewBlock = { g: [] }
    const columns = source.stats.map(() => [] as (number | null)[])
    const baseline: (number | null)[] = []
    const end = Math.min(first + VIEW_BLOCK, source.keys.length)
    for (let group = first; group < end; group++) {
      const key = source.keys[group]
      if (key == null) continue
      block.g.push(key)
      for (const [i, stat] of source.stats.entries()) columns[i]!.push(source.value(stat, group))
      if (source.baseline) baseline.push(source.baseline(group))
    }
    for (const [i, stat] of source.stats.entries()) block[stat] = columns[i]!
    if (source.baseline) block.baseline = baseline
    put(`${name}/${blocks}`, JSON.stringify(block))
    yield
  }
  const header: ViewHeader = { asOf, blocks }
  put(name, JSON.stringify(header))
}
