/** `/metrics`: Weir and this process in Prometheus' text format, read from the Reader when asked. */
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Reader, StreamAccounting } from '../../engine/index.ts'

export interface Metrics {
  middleware: MiddlewareHandler
  /** Notifications by channel kind and result, counted by the notifier. */
  notifications: Counter<'kind' | 'result'>
  sockets: Gauge
  contentType: string
  text(): Promise<string>
}

const FATES = ['counted', 'duplicate', 'late', 'dead', 'missing', 'forwarded'] as const

/** One registry per call, so that tests and processes never share numbers. `clock` in ms. */
export function createMetrics(reader: Reader, clock: () => number): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  registerEngine(register, reader, clock)
  registerAlerts(register, reader)
  registerStreams(register, reader)
  const registers = [register]
  const labelNames = ['method', 'route', 'status'] as const
  const requests = new Histogram({
    name: 'weir_http_request_seconds',
    help: 'Time to answer, by route.',
    labelNames,
    buckets: [0.002, 0.01, 0.05, 0.2, 1, 5],
    registers,
  })
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    sockets: new Gauge({ name: 'weir_live_sockets', help: 'Open live sockets.', registers }),
    notifications: new Counter({
      name: 'weir_notifications_total',
      help: 'Notifications by channel kind and result.',
      labelNames: ['kind', 'result'],
      registers,
    }),
    middleware: async (c, next) => {
      const started = performance.now()
      await next()
      // The pattern, never the path: labels must not grow with what strangers type.
      const route = c.res.status === 404 || c.res.status === 405 ? 'none' : routePath(c, -1)
      const method = ['GET', 'HEAD', 'POST'].includes(c.req.method) ? c.req.method : 'other'
      requests.observe({ method, route, status: c.res.status }, (performance.now() - started) / 1000)
    },
  }
}

function registerEngine(register: Registry, reader: Reader, clock: () => number): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const options = { name, help, registers: [register] }
    new Gauge({
      ...options,
      collect: function () {
        this.set(read())
      },
    })
  }
  const health = () => reader.health()
  gauge('weir_engine_up', 'Whether an engine holds a lease (1) or not (0).', () =>
    health().engine === 'down' ? 0 : 1,
  )
  gauge('weir_engine_behind', 'Whether the engine is behind its log.', () =>
    health().engine === 'behind' ? 1 : 0,
  )
  gauge('weir_redis_up', 'Whether Redis answers.', () => (health().redis.ok ? 1 : 0))
  gauge('weir_view_age_seconds', 'Age of what this process last saw.', () => (clock() - health().now) / 1000)
  gauge('weir_events_per_second', 'Events counted per second, last 10 s.', () => health().eventsPerSecond)
  gauge('weir_lag_entries', 'Log entries not committed yet.', () => health().lagEntries)
  gauge('weir_newest_event_age_seconds', 'Age of the newest committed event; NaN before the first.', () => {
    const newest = health().newestEventAt
    return newest === null ? NaN : (clock() - newest) / 1000
  })
  gauge('weir_config_refused', 'Whether the newest change of the configuration was refused.', () =>
    health().config.problem === null ? 0 : 1,
  )
}

function registerAlerts(register: Registry, reader: Reader): void {
  const alerts = new Gauge({
    name: 'weir_alerts',
    help: 'Open alerts by state and severity.',
    labelNames: ['state', 'severity'] as const,
    registers: [register],
    collect() {
      for (const state of ['pending', 'firing']) {
        for (const severity of ['warning', 'critical']) alerts.set({ state, severity }, 0)
      }
      for (const { state, severity } of reader.alerts())
        if (state !== 'resolved') alerts.inc({ state, severity })
    },
  })
}

function registerStreams(register: Registry, reader: Reader): void {
  // One reading for all that one scrape asks. With Redis away there is no number: a missing sample is honest, a
  // zero would not be.
  let reading: Promise<StreamAccounting[]> | null = null
  const read = (): Promise<StreamAccounting[]> =>
    (reading ??= reader
      .accounting()
      .catch(() => [])
      .finally(() => (reading = null)))
  const registers = [register]
  new Gauge({
    name: 'weir_stream_lag_entries',
    help: 'Log entries of the stream not committed yet.',
    labelNames: ['stream'] as const,
    registers,
    async collect() {
      const streams = await read()
      this.reset()
      for (const { stream, lagEntries } of streams) this.set({ stream }, lagEntries)
    },
  })
  new Counter({
    name: 'weir_other_group_events_total',
    help: 'Events counted under __other__ because a metric has too many groups, once per metric.',
    labelNames: ['stream'] as const,
    registers,
    async collect() {
      const streams = await read()
      this.reset()
      for (const { stream, other } of streams) this.inc({ stream }, other)
    },
  })
  new Counter({
    name: 'weir_events_total',
    help: 'Events of a stream by what became of them.',
    labelNames: ['stream', 'fate'] as const,
    registers,
    async collect() {
      const streams = await read()
      this.reset()
      for (const account of streams) {
        for (const fate of FATES) this.inc({ stream: account.stream, fate }, account[fate])
      }
    },
  })
}
