/** The Reader over Redis: one per process, shared by everything that process answers and pushes. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { type AccountsAnswer, type AccountsQuery, readAccounts } from '../accounting/redis-accounts.ts'
import type { Alert, AlertChange } from '../alert/alert.ts'
import type { CompiledConfig, CompiledMetric } from '../config/compiled.ts'
import { type Audit, readAudit } from '../control/audit.ts'
import { readControl } from '../control/control-log.ts'
import { readProblem } from '../control/problem.ts'
import type { BatchReport } from '../rule/batch-state.ts'
import { BATCH_FIELD } from './encode.ts'
import { detectStore } from '../series/detect-store.ts'
import type { SeriesStore } from '../series/store.ts'
import { connect, reach } from '../stream/connection.ts'
import { createLogReader, type LogReader } from '../stream/log-reader.ts'
import { partitionKeys } from '../stream/keys.ts'
import { type Frame, PartitionView } from './partition-view.ts'
import { type EnginePulse, takePulse } from './pulse.ts'
import type {
  Change,
  Health,
  KpiAnswer,
  KpiRow,
  Reader,
  SeriesAnswer,
  SeriesQuery,
  StreamAccounting,
} from './reader.ts'
import { querySeries, refused, unknownMetric } from './series-query.ts'

const PULSE_EVERY = 1000
const FOLLOW_BLOCK = 500
const FRAMES_AT_ONCE = 200
/** Time over which the event rate is taken, ms. */
const RATE_OVER = 10_000

/** Connects and loads; waits for Redis if it is away (health says so meanwhile). */
export async function openReader(redisUrl: string, namespace: string): Promise<Reader> {
  const reader = new RedisReader(redisUrl, namespace)
  await reader.start()
  return reader
}

class RedisReader implements Reader {
  private readonly url: string
  private readonly namespace: string
  private readonly redis: Redis
  private readonly follower: Redis
  private readonly live: LogReader
  private readonly listeners = new Set<(change: Change) => void>()
  private readonly views = new Map<string, PartitionView>()
  private readonly rates: { now: number; counted: number }[] = []
  private store: SeriesStore | null = null
  private active: { id: string; since: number; config: CompiledConfig } | null = null
  private controlAt = '0-0'
  private pulse: EnginePulse | null = null
  private problem: string | null = null
  private audit: Audit | null = null
  private version = ''
  private redisOk = false
  private running = true
  private readonly closing = new AbortController()
  private loops: Promise<unknown> = Promise.resolve()

  constructor(redisUrl: string, namespace: string) {
    this.url = redisUrl
    this.namespace = namespace
    this.redis = connect(redisUrl, 'query', 'weir-reader')
    this.follower = connect(redisUrl, 'block', 'weir-reader-live')
    this.live = createLogReader(this.follower)
  }

  async start(): Promise<void> {
    // A Redis that is not there yet is no reason to fail: readers wait for it, and say so.
    await Promise.allSettled([reach(this.redis, this.url), reach(this.follower, this.url)])
    await this.look().catch(() => undefined)
    this.loops = Promise.all([this.pulseLoop(), this.followLoop()])
  }

  async close(): Promise<void> {
    this.running = false
    this.closing.abort()
    this.redis.disconnect()
    this.follower.disconnect()
    await this.loops
  }

  config(): CompiledConfig | null {
    return this.active?.config ?? null
  }

  kpis(name: string, query: { window?: string; group?: Record<string, string> } = {}): KpiAnswer {
    const metric = this.metric(name)
    const window =
      query.window === undefined ? metric.windows[0] : metric.windows.find((w) => w.name === query.window)
    if (!window) {
      const known = metric.windows.map((w) => w.name).join(', ')
      throw refused(`${name} has no window ${query.window ?? ''}.`, `It has ${known}.`)
    }
    const wanted = Object.entries(query.group ?? {})
    for (const [field] of wanted) {
      if (!metric.by.includes(field))
        throw refused(
          `${name} is not grouped by ${field}.`,
          `It is grouped by ${metric.by.join(', ') || 'nothing'}.`,
        )
    }
    const rows = this.rows(metric, window.name, this.views).filter((row) =>
      wanted.every(([field, value]) => row.group[field] === value),
    )
    const { size, slide } = window
    return {
      metric: name,
      stream: metric.stream,
      unit: metric.unit,
      window: { name: window.name, size, slide },
      rows,
    }
  }

  async series(query: SeriesQuery): Promise<SeriesAnswer> {
    this.store ??= await detectStore(this.redis)
    return querySeries(this.store, this.namespace, this.declared(), query)
  }

  alerts(query: { state?: Alert['state'] } = {}): Alert[] {
    const alerts = [...(this.views.get('alerts.0')?.fields.values() ?? [])] as Alert[]
    const wanted = query.state === undefined ? alerts : alerts.filter((alert) => alert.state === query.state)
    return wanted.sort((a, b) => b.since - a.since || (a.id < b.id ? -1 : 1))
  }

  batches(): BatchReport[] {
    const fields = [...this.views]
      .filter(([name]) => name.startsWith('runs.'))
      .flatMap(([, view]) => [...view.fields])
    return fields
      .flatMap(([field, report]) => (field.startsWith(BATCH_FIELD) ? [report as BatchReport] : []))
      .toSorted((a, b) => (a.batch < b.batch ? -1 : 1))
  }

  async alertChanges(cursor: string, limit: number): Promise<AlertChange[] | null> {
    const { live } = partitionKeys(this.namespace, 'alerts', 0)
    const fresh = cursor === '0' || cursor === '0-0'
    if (!fresh) {
      const oldest = await this.redis.xrange(live, '-', '+', 'COUNT', 1)
      const known = await this.redis.xrange(live, cursor, cursor)
      if (known.length === 0 && oldest.length > 0) return null
    }
    const raw = await this.redis.xrange(live, fresh ? '-' : `(${cursor}`, '+', 'COUNT', limit)
    return raw.map(([id, fields]) => {
      const { event, alert } = JSON.parse(frameOf(id, fields).json) as Omit<AlertChange, 'cursor'>
      return { cursor: id, event, alert }
    })
  }

  async accounting(): Promise<StreamAccounting[]> {
    const streams = this.active?.config.streams ?? []
    return (await takePulse(this.redis, this.namespace, streams)).accounting
  }

  async accounts(query: AccountsQuery): Promise<AccountsAnswer> {
    const stream = this.active?.config.streams.find(({ name }) => name === query.stream)
    return readAccounts(this.redis, this.namespace, stream?.partitions ?? 0, query)
  }

  health(): Health {
    const { pulse, active } = this
    return {
      engine: pulse?.engine ?? 'down',
      redis: { ok: this.redisOk, version: this.version, series: this.store?.name ?? 'unknown' },
      config: { hash: active?.config.hash ?? null, since: active?.since ?? null, problem: this.problem },
      eventsPerSecond: this.rate(),
      newestEventAt: pulse?.newestEventAt ?? null,
      now: pulse?.now ?? Date.now(),
      lagEntries: pulse?.lagEntries ?? 0,
      audit: this.audit,
      ...(pulse !== null && pulse.failing.length > 0 && { failing: pulse.failing }),
    }
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private metric(name: string): CompiledMetric {
    const metric = this.declared().metrics.find((m) => m.name === name)
    if (!metric) throw unknownMetric(name, this.declared())
    return metric
  }

  private declared(): CompiledConfig {
    if (this.active === null)
      throw refused('no configuration is active yet.', 'Start an engine, or run weir dev.')
    return this.active.config
  }

  /** Rows of a window, in one partition's view or in all. */
  private rows(metric: CompiledMetric, window: string, views: Iterable<[string, PartitionView]>): KpiRow[] {
    const spike = this.active!.config.rules.find(
      (r) => r.kind === 'spike' && r.metric === metric.name && r.window === window,
    )
    const rows: KpiRow[] = []
    for (const [name, view] of views) {
      if (name.slice(0, name.lastIndexOf('.')) !== metric.stream) continue
      const found = view.rows(metric.name, window, metric.by, metric.stats, spike?.stat ?? null)
      for (const row of found) rows.push(row)
    }
    return rows
  }

  private async pulseLoop(): Promise<void> {
    while (this.running) {
      await this.pause(PULSE_EVERY)
      if (!this.running) return
      try {
        await this.look()
      } catch {
        this.redisOk = false
      }
      this.tell({ type: 'health', health: this.health() })
    }
  }

  /** One look at everything that is polled: control log, refused config, leases and lag. */
  private async look(): Promise<void> {
    const entries = await readControl(this.redis, this.namespace, this.controlAt)
    for (const entry of entries) {
      this.controlAt = entry.id
      if (entry.kind !== 'config') continue
      this.active = { id: entry.id, since: Number.parseInt(entry.id), config: entry.config }
    }
    if (entries.length > 0) {
      await this.loadViews()
      this.tell({ type: 'config', config: this.active!.config })
    }
    this.problem = (await readProblem(this.redis, this.namespace))?.text ?? null
    this.audit = await readAudit(this.redis, this.namespace)
    this.pulse = await takePulse(this.redis, this.namespace, this.active?.config.streams ?? [])
    if (!this.redisOk) {
      this.version = /redis_version:(\S+)/.exec(await this.redis.info('server'))?.[1] ?? ''
      this.store = await detectStore(this.redis)
      this.redisOk = true
    }
    this.rates.push({ now: this.pulse.now, counted: this.pulse.counted })
    while (this.rates.length > 2 && this.rates[0]!.now < this.pulse.now - RATE_OVER) this.rates.shift()
  }

  private async loadViews(): Promise<void> {
    const wanted = new Set(['alerts.0'])
    for (const { name, partitions } of this.active!.config.streams) {
      for (let partition = 0; partition < partitions; partition++) wanted.add(`${name}.${partition}`)
    }
    for (const name of this.views.keys()) if (!wanted.has(name)) this.views.delete(name)
    for (const name of wanted) {
      if (this.views.has(name)) continue
      const dot = name.lastIndexOf('.')
      const view = new PartitionView(
        partitionKeys(this.namespace, name.slice(0, dot), Number(name.slice(dot + 1))),
      )
      await view.load(this.redis)
      this.views.set(name, view)
    }
  }

  private async followLoop(): Promise<void> {
    while (this.running) {
      const views = [...this.views]
      try {
        if (views.length === 0) await this.pause(100)
        else await this.follow(views)
      } catch {
        await this.pause(500)
      }
    }
  }

  private async follow(views: [string, PartitionView][]): Promise<void> {
    const wanted = views.map(([, view]) => ({ key: view.keys.live, after: view.at }))
    const read = await this.live.read(wanted, FRAMES_AT_ONCE, FOLLOW_BLOCK)
    for (const [key, raw] of read ?? []) {
      const [name, view] = views.find(([, v]) => v.keys.live === key)!
      const frames = Array.from({ length: raw.length }, (_, i) => frameOf(raw.id(i), raw.fields(i).strings()))
      const fields = await view.apply(this.redis, frames)
      if (name === 'alerts.0') this.tellAlerts(frames)
      else this.tellKpis(fields, [[name, view]])
    }
  }

  private tellAlerts(frames: Frame[]): void {
    for (const frame of frames) {
      const said = JSON.parse(frame.json) as Partial<Omit<AlertChange, 'cursor'>>
      if (said.event && said.alert)
        this.tell({ type: 'alert', change: { cursor: frame.id, event: said.event, alert: said.alert } })
    }
  }

  private tellKpis(fields: string[], views: [string, PartitionView][]): void {
    const windows = new Set(fields.map((field) => field.split('/').slice(0, 2).join('/')))
    for (const name of windows) {
      const [metricName, window] = name.split('/') as [string, string]
      const metric = this.active?.config.metrics.find((m) => m.name === metricName)
      if (!metric) continue
      const rows = this.rows(metric, window, views)
      this.tell({ type: 'kpis', metric: metricName, window, rows })
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.closing.signal }).catch(() => undefined)
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change)
  }

  private rate(): number {
    const first = this.rates[0]
    const last = this.rates.at(-1)
    if (!first || !last || last.now <= first.now) return 0
    return Math.max(0, ((last.counted - first.counted) * 1000) / (last.now - first.now))
  }
}

function frameOf(id: string, fields: string[]): Frame {
  const at = (name: string): string => fields[fields.indexOf(name) + 1] ?? ''
  return { id, prev: at('prev'), json: at('frame') }
}
