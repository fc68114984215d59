/** A compiled config and random logs for tests of the fold. */
import type { CompiledConfig, CompiledMetric, CompiledRule, CompiledStream } from './config/compiled.ts'
import type { Entry } from './event/entry.ts'

export const START = Date.UTC(2026, 0, 5, 10, 0, 0)

export function testConfig(clock: 'live' | 'event', rules: CompiledRule[] = []): CompiledConfig {
  const stream: CompiledStream = {
    name: 's',
    key: 'k',
    time: 'at',
    clock,
    lateness: 60_000,
    disorder: 2000,
    partitions: 1,
    retention: { age: 86_400_000, bytes: 1e8 },
    schema: {
      type: 'object',
      properties: {
        at: { type: 'number' },
        k: { type: 'string' },
        v: { type: 'number' },
        good: { type: 'boolean' },
      },
      required: ['at', 'k', 'v', 'good'],
    },
    schemaVersion: 'x',
  }
  const metric: CompiledMetric = {
    name: 'm',
    stream: 's',
    by: ['k'],
    of: 'v',
    where: null,
    stats: ['count', 'sum', 'mean', 'min', 'max', 'stddev', 'p50', 'p95'],
    windows: [
      { name: '1m', size: 60_000, slide: 10_000, rung: '10s' },
      { name: '1h', size: 3_600_000, slide: 60_000, rung: '1m' },
    ],
    series: ['10s', '1m', '10m', '1h'],
    title: 'm',
    unit: '',
    hash: 'hm',
  }
  const share: CompiledMetric = {
    ...metric,
    name: 'share',
    of: null,
    where: { good: { is: true } },
    stats: ['ratio', 'count'],
    hash: 'hs',
  }
  const shareAmong: CompiledMetric = {
    ...share,
    name: 'share-among',
    of: 'v',
    among: { v: { above: 2500 }, k: { not: 'c' } },
    stats: ['ratio', 'count', 'sum'],
    hash: 'ha',
  }
  return {
    version: 1,
    namespace: 'weir',
    streams: [stream],
    metrics: [metric, share, shareAmong],
    rules,
    channels: [],
    checks: [],
    scrapers: [],
    board: { title: '', headline: null, promises: [], numbers: [] },
    hash: 'c',
  }
}

export interface TestEvent {
  at: number
  k: string
  v: number
  good: boolean
}

/** Entries of up to `rows` events each; `logTime` gives an entry's log time from its newest event. */
export function entriesOf(
  events: TestEvent[],
  rows: number,
  logTime: (newest: number, i: number) => number,
): Entry[] {
  const entries: Entry[] = []
  let ms = 0
  for (let i = 0; i < events.length; i += rows) {
    const some = events.slice(i, i + rows)
    ms = Math.max(ms, logTime(Math.max(...some.map((e) => e.at)), entries.length))
    entries.push({
      kind: 'batch',
      id: `${ms}-${entries.length}`,
      ms,
      from: 'p~1~a',
      seq: i,
      n: some.length,
      schema: 'x',
      minute: 0,
      columns: {
        at: some.map((e) => e.at),
        k: some.map((e) => e.k),
        v: some.map((e) => e.v),
        good: some.map((e) => e.good),
      },
    })
  }
  return entries
}
