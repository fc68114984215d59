/** Compares what Weir says with what the oracle says, and words the differences. */
import type { Redis } from 'ioredis'
import type { AlertChange } from '../../engine/alert/alert.ts'
import type { Reader } from '../../engine/index.ts'
import { detectStore } from '../../engine/series/detect-store.ts'
import { SERIES_COLUMNS, type SeriesColumn } from '../../engine/series/store.ts'
import { partitionKeys } from '../../engine/stream/keys.ts'
import type { Expected, Oracle, Pane } from './oracle.ts'

export interface Verdict {
  lost: number
  duplicated: number
  /** Rows the engine recognised as sent before. */
  duplicates: number
  /** First differences, in words. */
  differences: string[]
  different: number
}

const COLUMNS = ['count', 'sum', 'min', 'max', 'p50', 'p95'] as const
const PARTITIONS = { past: 4, now: 3, 'past~all': 4, 'now~all': 3 } as const
const METRICS = {
  volume: 'past',
  extra: 'past',
  pulse: 'now',
  whole: 'past~all',
  wholeNow: 'now~all',
} as const
const SHOWN = 12
/** So far around a stall silence is true: it begins with the last event before, and is told when it has lasted. */
const STALL_SPAN_MS = 60_000

export interface Asked {
  oracle: Oracle
  reader: Reader
  redis: Redis
  namespace: string
  alerts: readonly AlertChange[]
  released: readonly number[]
  /** Rungs of the live series whose panes have had the time to close. */
  nowRungs: readonly ('10s' | '1m')[]
  /** When the live stream stood still so long that silence alarms of any group would be true, ms. */
  stalls: readonly number[]
}

export async function judge(asked: Asked): Promise<Verdict> {
  const found = new Findings()
  await accounting(asked, found)
  for (const metric of ['volume', 'extra', 'pulse', 'whole', 'wholeNow'] as const) {
    const rungs = METRICS[metric].startsWith('past') ? (['10s', '1m'] as const) : asked.nowRungs
    for (const rung of rungs) await series(asked, metric, rung, found)
  }
  await byReader(asked, found)
  await groups(asked, found)
  pastAlerts(asked, found)
  liveAlerts(asked, found)
  return found.verdict
}

class Findings {
  readonly verdict: Verdict = { lost: 0, duplicated: 0, duplicates: 0, differences: [], different: 0 }

  differ(what: string): void {
    this.verdict.different++
    if (this.verdict.differences.length < SHOWN) this.verdict.differences.push(what)
  }

  /** A difference in a number of events. */
  events(what: string, wanted: number, got: number): void {
    if (wanted === got) return
    this.verdict.lost += Math.max(0, wanted - got)
    this.verdict.duplicated += Math.max(0, got - wanted)
    this.differ(`${what}: ${got}, must be ${wanted}`)
  }
}

async function accounting({ oracle, reader }: Asked, found: Findings): Promise<void> {
  const all = await reader.accounting()
  for (const stream of ['past', 'now'] as const) {
    const own = all.find((one) => one.stream === stream)
    if (!own) return found.differ(`no accounting of ${stream}`)
    const { counted, late, dead } = oracle.totals[stream]
    found.events(`accounting of ${stream}, counted`, counted, own.counted)
    for (const [name, wanted] of Object.entries({ late, dead, missing: 0, lagEntries: 0 }))
      if (own[name as 'late'] !== wanted)
        found.differ(`accounting of ${stream}, ${name}: ${own[name as 'late']}, must be ${wanted}`)
    found.verdict.duplicates += own.duplicate
  }
  // What came together was sent by the partitions themselves: none of it may be lost on the way.
  for (const stream of ['past~all', 'now~all'] as const) {
    const own = all.find((one) => one.stream === stream)
    for (const name of ['late', 'dead', 'missing', 'lagEntries'] as const)
      if (own?.[name] !== 0) found.differ(`accounting of ${stream}, ${name}: ${own?.[name]}, must be 0`)
  }
}

/** Every pane of every group straight from the store, both ways: none too few, none too many. */
async function series(
  { oracle, redis, namespace }: Asked,
  metric: keyof typeof METRICS,
  rung: '10s' | '1m',
  found: Findings,
): Promise<void> {
  const store = await detectStore(redis)
  const stream = METRICS[metric]
  const seen = new Set<string>()
  for (let partition = 0; partition < PARTITIONS[stream]; partition++) {
    const keys = partitionKeys(namespace, stream, partition)
    for (const key of await store.groups(keys, metric)) {
      const k = (JSON.parse(key) as string[])[0] ?? ''
      if (seen.has(k)) found.differ(`${metric} ${k} is in two partitions`)
      seen.add(k)
      const wanted = oracle.panes(metric, k, rung === '10s' ? 10_000 : 60_000)
      const columns: SeriesColumn[] = SERIES_COLUMNS.filter((c) => (COLUMNS as readonly string[]).includes(c))
      const got = await store.range(keys, metric, rung, key, columns, 0, 8e15)
      for (const [i, at] of got.at.entries()) {
        const pane = Object.fromEntries(columns.map((c, j) => [c, got.values[j]![i] ?? null]))
        compare(`${metric} ${rung} ${k} at ${new Date(at).toISOString()}`, wanted.get(at), pane, rung, found)
        wanted.delete(at)
      }
      for (const [at, pane] of wanted)
        compare(`${metric} ${rung} ${k} at ${new Date(at).toISOString()}`, pane, null, rung, found)
    }
  }
  for (const k of oracle.groups(metric)) {
    if (seen.has(k)) continue
    const panes = [...oracle.panes(metric, k, 60_000).values()]
    found.events(
      `${metric} ${rung} ${k}, whole group`,
      panes.reduce((n, pane) => n + pane.count, 0),
      0,
    )
  }
}

function compare(
  where: string,
  wanted: Pane | undefined,
  got: Record<string, number | null> | null,
  rung: string,
  found: Findings,
): void {
  const count = wanted?.count ?? 0
  const counted = got?.['count'] ?? 0
  if (count !== counted) {
    // Events are counted once, on the finest rung.
    if (rung === '10s') found.events(where, count, counted)
    else found.differ(`${where}: count ${counted}, must be ${count}`)
    return
  }
  if (!wanted || !got) return
  for (const column of COLUMNS) {
    const value = got[column] ?? Number.NaN
    const exact = wanted[column]
    const tolerance = column.startsWith('p') ? 0.010_001 * Math.abs(exact) : 0
    if (!(Math.abs(value - exact) <= tolerance))
      found.differ(`${where}: ${column} ${value}, must be ${exact}`)
  }
}

/** The same once more, as people ask for it: through the Reader, series and windows of now. */
async function byReader({ oracle, reader }: Asked, found: Findings): Promise<void> {
  for (const k of oracle.groups('volume')) {
    const wanted = oracle.panes('volume', k, 60_000)
    const times = [...wanted.keys()]
    const span = { from: Math.min(...times), to: Math.max(...times) + 60_000, step: 60_000, group: { k } }
    for (const stat of ['count', 'max', 'p95'] as const) {
      const { points } = await reader.series({ metric: 'volume', stat, ...span })
      if (points.length !== wanted.size)
        found.differ(`reader: volume ${stat} of ${k} has ${points.length} points, must be ${wanted.size}`)
      for (const [at, value] of points) {
        const exact = wanted.get(at)?.[stat] ?? Number.NaN
        if (!(Math.abs(value - exact) <= (stat === 'p95' ? 0.010_001 * exact : 0)))
          found.differ(`reader: volume ${stat} of ${k} at ${at}: ${value}, must be ${exact}`)
      }
    }
  }
  for (const { group, asOf, values } of reader.kpis('volume', { window: '1m' }).rows) {
    let count = 0
    for (const [at, pane] of oracle.panes('volume', group['k']!, 10_000))
      if (at >= asOf - 60_000 && at < asOf) count += pane.count
    if (values.count !== count)
      found.differ(`window volume/1m of ${group['k']} as of ${asOf}: ${values.count}, must be ${count}`)
  }
}

/** What anybody sees of the position with the server's own words: everything read, nothing taken and not given back. */
async function groups({ redis, namespace }: Asked, found: Findings): Promise<void> {
  for (const [stream, partitions] of Object.entries(PARTITIONS))
    for (let partition = 0; partition < partitions; partition++) {
      const { log } = partitionKeys(namespace, stream, partition)
      const all = (await redis.xinfo('GROUPS', log)) as unknown[][]
      const group = new Map(
        all.flatMap((one) =>
          one[1] === 'weir'
            ? one.flatMap((name, i) => (i % 2 === 0 ? [[name, one[i + 1]] as const] : []))
            : [],
        ),
      )
      const [lag, pending] = [group.get('lag'), group.get('pending')]
      if (lag !== 0 || pending !== 0)
        found.differ(`group of ${log}: lag ${lag}, pending ${pending}, must be 0`)
    }
}

function pastAlerts({ oracle, alerts }: Asked, found: Findings): void {
  const wanted = countsOf(oracle.told())
  const got = countsOf(
    alerts.flatMap(({ event, alert }) =>
      alert.stream === 'past' && event !== 'updated'
        ? [`${event} ${alert.rule} ${alert.group['k']} ${alert.since}`]
        : [],
    ),
  )
  for (const line of new Set([...wanted.keys(), ...got.keys()])) {
    const [must, is] = [wanted.get(line) ?? 0, got.get(line) ?? 0]
    if (must !== is) found.differ(`alert ${line}: told ${is} times, must be ${must}`)
  }
}

function liveAlerts({ oracle, alerts, released, stalls }: Asked, found: Findings): void {
  // Where nothing was sent, silence is the truth: when all was over, and in a stall.
  const over = released.at(-1)!
  const told = alerts.filter(
    ({ event, alert }) =>
      alert.stream === 'now' && event !== 'updated' && !(alert.rule === 'silent' && alert.since > over),
  )
  const expected = oracle.live(released)
  for (const { rule, k, from, to, ends } of expected) {
    for (const event of ['fired', 'resolved'] as const) {
      const own = told.filter((one) => one.event === event && isOf(one, { rule, k }))
      if (event === 'resolved' && !ends && own.length === 0) continue
      const inTime = own.filter(({ alert }) => alert.since >= from && alert.since <= to)
      if (own.length !== 1 || inTime.length !== 1)
        found.differ(
          `live alert ${event} ${rule} ${k}: told ${own.length} times, must be 1 from ${from} to ${to}`,
        )
    }
  }
  for (const one of told) {
    const { rule, since } = one.alert
    if (rule === 'silent' && stalls.some((at) => Math.abs(since - at) < STALL_SPAN_MS)) continue
    if (!expected.some((alert) => isOf(one, alert)))
      found.differ(`live alert ${one.event} ${one.alert.rule} ${one.alert.group['k']}: must not be`)
  }
}

function isOf({ alert }: AlertChange, { rule, k }: Pick<Expected, 'rule' | 'k'>): boolean {
  return alert.rule === rule && alert.group['k'] === k
}

function countsOf(lines: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
