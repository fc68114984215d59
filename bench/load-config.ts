/** The stream and metric that the benchmarks measure: response times by key. */
import { compile } from '../engine/config/compile.ts'
import type { CompiledConfig, Rung, Stat } from '../engine/config/compiled.ts'
import type { Duration } from '../engine/config/duration.ts'
import { defineConfig, stream, t } from '../engine/index.ts'

export const STATS = ['count', 'mean', 'min', 'max', 'p95'] as const satisfies Stat[]

export interface LoadShape {
  partitions: number
  windows: readonly Duration[]
  /** `event`: history being loaded, whose time may run faster. Default `live`. */
  clock?: 'live' | 'event'
  /** Rungs kept as series. Default: as the engine has it. */
  series?: Rung[]
}

/** Stream `load` with fields at, k and v, and one metric of v by k. */
export function loadConfig(shape: LoadShape): CompiledConfig {
  const { partitions, windows, clock = 'live' } = shape
  const load = stream('load', {
    key: 'k',
    time: 'at',
    clock,
    partitions,
    schema: { at: t.Number(), k: t.String(), v: t.Number() },
  })
  const { series } = shape
  const metric = load.metric('v', {
    by: ['k'],
    of: 'v',
    stats: [...STATS],
    windows: [...windows],
    ...(series === undefined ? {} : { series }),
  })
  const { config, mistakes } = compile(defineConfig({ metrics: [metric] }), { checkFile: () => null })
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes))
  return config
}
