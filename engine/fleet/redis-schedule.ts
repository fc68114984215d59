/** The API's side of the shared schedule: reads it, and writes down what people want: a pause, a run now. */
import type { Redis } from 'ioredis'
import { connect } from '../stream/connection.ts'
import { type FleetKeys, fleetKeys } from '../stream/keys.ts'
import type { CatalogEntry, Catalogued } from './catalog.ts'
import {
  type FleetWorker,
  LANES,
  type Lane,
  type Pause,
  type Pressure,
  type ScheduleState,
  laneOf,
  readRunning,
} from './schedule.ts'
import { serverTime } from '../stream/server-time.ts'

/** A scraper as the API shows it. */
export type FleetScraper = Catalogued & ScheduleState

export interface FleetSchedule {
  /** All scrapers by name, or one. */
  scrapers(name?: string): Promise<FleetScraper[]>
  workers(): Promise<FleetWorker[]>
  /** Runs that are due and that no process has room for. */
  pressure(): Promise<Record<Lane, Pressure>>
  /**
   * From the next due time on nothing is visited; each turn is told as `skipped`, reason `paused`. A second pause
   * changes nothing. Null where there is no such scraper.
   */
  pause(name: string, by: string): Promise<FleetScraper | null>
  resume(name: string): Promise<FleetScraper | null>
  /** One run beside the schedule, as soon as there is room, also while it is paused. Null: no such scraper. */
  run(name: string, by: string): Promise<FleetScraper | null>
  close(): void
}

/** Connects when first used. */
export function openSchedule(redisUrl: string, namespace: string): FleetSchedule {
  const redis = connect(redisUrl, 'query', 'weir-fleet')
  const keys = fleetKeys(namespace)

  const one = async (name: string): Promise<FleetScraper | null> => (await readOne(redis, keys, name)) ?? null

  return {
    async scrapers(name) {
      if (name === undefined) return readAll(redis, keys)
      const found = await one(name)
      return found === null ? [] : [found]
    },
    async workers() {
      const [leases, about] = await Promise.all([
        redis.zrange(keys.workers, '0', '-1', 'WITHSCORES'),
        redis.hgetall(keys.processes),
      ])
      return pairs(leases).flatMap(([worker, until]) => {
        const text = about[worker]
        if (text === undefined) return []
        return {
          worker,
          until: Number(until),
          ...(JSON.parse(text) as Omit<FleetWorker, 'worker' | 'until'>),
        }
      })
    },
    async pressure() {
      const now = await serverTime(redis)
      const of = async (key: string): Promise<Pressure> => {
        const [overdue, [, first]] = await Promise.all([
          redis.zcount(key, '-inf', now - 1000),
          redis.zrange(key, '0', '0', 'WITHSCORES'),
        ])
        return { overdue, oldestMs: first === undefined ? 0 : Math.max(0, now - Number(first)) }
      }
      return { browser: await of(keys.dueBrowser), http: await of(keys.dueHttp) }
    },
    async pause(name, by) {
      if ((await one(name)) === null) return null
      await redis.hsetnx(
        keys.paused,
        name,
        JSON.stringify({ by, since: await serverTime(redis) } satisfies Pause),
      )
      return one(name)
    },
    async resume(name) {
      await redis.hdel(keys.paused, name)
      return one(name)
    },
    async run(name, by) {
      const found = await one(name)
      if (found === null) return null
      const wish = { by, since: await serverTime(redis), lane: laneOf(found.kind) }
      await redis.hsetnx(keys.asked, name, JSON.stringify(wish))
      return one(name)
    },
    close: () => redis.disconnect(),
  }
}

async function readAll(redis: Redis, keys: FleetKeys): Promise<FleetScraper[]> {
  const hash = (key: string): Promise<Record<string, string>> => redis.hgetall(key)
  const [catalog, versions, running, paused, asked, last, strays, ...lines] = await Promise.all([
    ...[keys.catalog, keys.versions, keys.running, keys.paused, keys.asked, keys.last, keys.strays].map(hash),
    ...[keys.dueBrowser, keys.dueHttp].map(async (key) => {
      return Object.fromEntries(pairs(await redis.zrange(key, '0', '-1', 'WITHSCORES')))
    }),
  ])
  const due: Record<string, string> = Object.assign({}, ...lines)
  return Object.entries(catalog!)
    .map(([name, entry]) =>
      assemble({
        entry,
        version: versions![name],
        running: running![name],
        paused: paused![name],
        asked: asked![name],
        last: last![name],
        stray: strays![name],
        due: due[name],
      }),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function readOne(redis: Redis, keys: FleetKeys, name: string): Promise<FleetScraper | undefined> {
  const field = async (key: string): Promise<string | undefined> => (await redis.hget(key, name)) ?? undefined
  const [entry, version, running, paused, asked, last, stray, ...due] = await Promise.all([
    ...[keys.catalog, keys.versions, keys.running, keys.paused, keys.asked, keys.last, keys.strays].map(
      field,
    ),
    ...LANES.map(async (lane) => {
      return (await redis.zscore(lane === 'browser' ? keys.dueBrowser : keys.dueHttp, name)) ?? undefined
    }),
  ])
  if (entry === undefined) return undefined
  return assemble({
    entry,
    version,
    running,
    paused,
    asked,
    last,
    stray,
    due: due.find((at) => at !== undefined),
  })
}

interface Texts {
  entry: string
  version: string | undefined
  running: string | undefined
  paused: string | undefined
  asked: string | undefined
  last: string | undefined
  stray: string | undefined
  due: string | undefined
}

function assemble(texts: Texts): FleetScraper {
  const [lastDue, lastStarted, lastWorker = ''] = texts.last?.split('\t') ?? []
  const entry = JSON.parse(texts.entry) as CatalogEntry
  return {
    ...entry,
    // Of a process of an older version it says nothing.
    site: entry.site ?? entry.host,
    since: Number(texts.version?.split('\t')[1] ?? 0),
    ...(texts.stray === undefined ? {} : { goneSince: Number(texts.stray.split('\t')[0]) }),
    due: texts.due === undefined ? null : Number(texts.due),
    running: texts.running === undefined ? null : readRunning(texts.running),
    paused: pauseOf(texts.paused),
    asked: pauseOf(texts.asked),
    last:
      lastDue === undefined
        ? null
        : { due: Number(lastDue), started: Number(lastStarted), worker: lastWorker },
  }
}

function pauseOf(text: string | undefined): Pause | null {
  if (text === undefined) return null
  const { by, since } = JSON.parse(text) as Pause
  return { by, since }
}

function pairs(flat: string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])
}
