/** A Reader held in memory, for tests of the API: what it answers is what the test put in. */
import {
  WeirError,
  type BatchReport,
  type AccountsAnswer,
  type AccountsQuery,
  type Alert,
  type AlertChange,
  type Change,
  type CompiledConfig,
  type Health,
  type KpiAnswer,
  type Reader,
  type SeriesAnswer,
  type SeriesQuery,
  type StreamAccounting,
} from '../engine/index.ts'

const NO_TOTALS = {
  produced: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  dead: 0,
  forwarded: 0,
  missing: 0,
  inFlight: 0,
}

export class MemoryReader implements Reader {
  active: CompiledConfig | null = testConfig()
  state: Health = testHealth()
  answers = new Map<string, KpiAnswer>()
  all: Alert[] = []
  /** Kept changes, oldest first; `lost` are the cursors that count as gone. */
  changes: AlertChange[] = []
  lost = new Set<string>()
  points: [number, number][] = []
  asked: SeriesQuery[] = []
  streamAccounts: StreamAccounting[] = []
  askedAccounts: AccountsQuery[] = []
  /** Thrown by everything that has to ask Redis. */
  failure: Error | null = null
  readonly listeners = new Set<(change: Change) => void>()

  config(): CompiledConfig | null {
    return this.active
  }

  kpis(metric: string, query: { window?: string; group?: Record<string, string> }): KpiAnswer {
    const windows = this.active!.metrics.find((known) => known.name === metric)!.windows
    const answer = this.answers.get(`${metric} ${query.window ?? windows[0]!.name}`)
    if (answer === undefined) {
      throw new WeirError('no such window', { code: 'WEIR_QUERY', domain: 'user', retry: false })
    }
    const wanted = Object.entries(query.group ?? {})
    const rows = answer.rows.filter((row) => wanted.every(([field, value]) => row.group[field] === value))
    return { ...answer, rows }
  }

  async series(query: SeriesQuery): Promise<SeriesAnswer> {
    this.asked.push(query)
    if (this.failure !== null) throw this.failure
    const { metric, stat, step } = query
    return { metric, stat, unit: '', rung: '1m', step, points: this.points }
  }

  alerts(query: { state?: Alert['state'] } = {}): Alert[] {
    return this.all.filter((alert) => query.state === undefined || alert.state === query.state)
  }

  async alertChanges(cursor: string, limit: number): Promise<AlertChange[] | null> {
    if (this.failure !== null) throw this.failure
    if (this.lost.has(cursor)) return null
    const start = cursor === '0' ? 0 : this.changes.findIndex((change) => change.cursor === cursor) + 1
    return this.changes.slice(start, start + limit)
  }

  async accounting(): Promise<StreamAccounting[]> {
    if (this.failure !== null) throw this.failure
    return this.streamAccounts
  }

  async accounts(query: AccountsQuery): Promise<AccountsAnswer> {
    this.askedAccounts.push(query)
    if (this.failure !== null) throw this.failure
    return { totals: NO_TOTALS, rows: [], omitted: 0 }
  }

  health(): Health {
    return this.state
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  reports: BatchReport[] = []
  batches(): BatchReport[] {
    return this.reports
  }

  async close(): Promise<void> {
    this.listeners.clear()
  }

  /** Adds a change of an alert and tells everybody, as the engine would. */
  change(event: AlertChange['event'], alert: Alert, cursor = `${this.changes.length + 1}-0`): AlertChange {
    const change = { cursor, event, alert }
    this.changes.push(change)
    this.all = [alert, ...this.all.filter((known) => known.id !== alert.id)]
    this.tell({ type: 'alert', change })
    return change
  }

  tell(change: Change): void {
    for (const listener of this.listeners) listener(change)
  }
}

export function testHealth(): Health {
  return {
    engine: 'ok',
    redis: { ok: true, version: '7.0.15', series: 'plain Redis' },
    config: { hash: 'abc123', since: 1000, problem: null },
    eventsPerSecond: 12,
    newestEventAt: 999_000,
    now: 1_000_000,
    lagEntries: 0,
    audit: null,
  }
}

/** Two streams, two metrics, one rule, two channels. */
export function testConfig(): CompiledConfig {
  const window = { name: '5m', size: 300_000, slide: 10_000, rung: '10s' } as const
  const stream = {
    clock: 'live',
    lateness: 60_000,
    disorder: 2000,
    partitions: 2,
    retention: { age: 86_400_000, bytes: 64 << 20 },
    schemaVersion: 'v1',
  } as const
  return {
    version: 1,
    namespace: 'test',
    streams: [
      {
        ...stream,
        name: 'trades',
        key: 'pair',
        time: 'at',
        schema: {
          type: 'object',
          properties: { at: { type: 'number' }, pair: { type: 'string' }, volume: { type: 'number' } },
          required: ['at', 'pair', 'volume'],
        },
      },
      { ...stream, name: 'runs', key: 'scraper', time: 'at', schema: { type: 'object', properties: {} } },
    ],
    metrics: [
      {
        name: 'volume',
        stream: 'trades',
        by: ['pair'],
        of: 'volume',
        where: null,
        stats: ['mean', 'count'],
        windows: [window],
        series: ['1m', '1h'],
        title: 'Volume',
        unit: 'BTC',
        hash: 'm1',
      },
      {
        name: 'success',
        stream: 'runs',
        by: ['scraper'],
        of: null,
        where: { outcome: { is: 'ok' } },
        stats: ['ratio'],
        windows: [window],
        series: ['1m', '1h'],
        title: 'Success',
        unit: '',
        hash: 'm2',
      },
    ],
    rules: [
      {
        id: 'spike-volume',
        kind: 'spike',
        metric: 'volume',
        stat: 'mean',
        window: '5m',
        severity: 'warning',
        notify: ['ops'],
        says: null,
        for: 0,
        hash: 'r1',
        times: 3,
        over: 3_600_000,
        minSamples: 10,
        floor: 0,
      },
    ],
    channels: [
      { name: 'ops', kind: 'slack', env: 'TEST_SLACK_URL' },
      { name: 'hook', kind: 'webhook', env: 'TEST_HOOK_URL' },
    ],
    checks: [],
    scrapers: [],
    board: { title: 'Test', headline: null, promises: [], numbers: [] },
    hash: 'abc123',
  }
}

export function testAlert(change: Partial<Alert> = {}): Alert {
  return {
    id: 'a1',
    rule: 'spike-volume',
    kind: 'spike',
    severity: 'warning',
    metric: 'volume',
    stat: 'mean',
    unit: 'BTC',
    stream: 'trades',
    group: { pair: 'BTC-EUR' },
    state: 'firing',
    verdict: 'firing',
    reason: 'above 3 x normal',
    since: 900_000,
    firedAt: 900_000,
    resolvedAt: null,
    updatedAt: 900_000,
    value: 8,
    normal: 2,
    window: { name: '5m', from: 600_000, to: 900_000 },
    sentence: 'BTC-EUR trades 8 BTC, 4 times its normal 2.',
    cause: null,
    evidence: { partition: 0, from: null, to: null, samples: [] },
    spark: [1, 2, null, 4, 8],
    notify: ['ops'],
    ...change,
  }
}
