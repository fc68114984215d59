/**
 * One point of `npm run bench -- cost`, in a process of its own, so that memory and pauses are its alone.
 *
 * A day of history makes the panes of every rung. Then event time runs on at
 * `RATE` events a second, all folds together, from two minutes before midnight UTC to one minute after: every pane
 * size closes in this span, and memory is at its highest. Measured are `step` and `take` alone, by entries of 250.
 * Beyond the groups that one partition may hold there are more partitions; they are alike, so two of them are
 * measured, side by side.
 *
 * Reads the point as JSON from argv, writes the result as JSON.
 */
import { performance } from 'node:perf_hooks'
import type { CompiledConfig } from '../engine/config/compiled.ts'
import type { Duration } from '../engine/config/duration.ts'
import type { Columns } from '../engine/event/entry.ts'
import { PartitionFold } from '../engine/fold.ts'
import { MAX_GROUPS } from '../engine/window/metric-state.ts'
import { loadConfig } from './load-config.ts'
import { noise, responseTime } from './noise.ts'

export interface CostPoint {
  groups: number
  windows: Duration[]
}

export interface Cost extends CostPoint {
  /** Partitions the groups are spread over. */
  partitions: number
  /** ns of fold per event. */
  ns: number
  /** Longest time in one entry, ms. */
  stall: number
  /** Bytes of memory per group, at the end. */
  bytes: number
  /** Events measured. */
  events: number
}

const RATE = 50_000
const ROWS = 250
const MIDNIGHT = Date.UTC(2026, 0, 6)
const FROM = MIDNIGHT - 120_000
const TO = MIDNIGHT + 60_000
/**
 * `step`: s between two events of a group, dense where windows read fine panes, sparse where only coarse ones
 * are left.
 */
const HISTORY = [
  { minutes: 1440 - 84, step: 600 },
  { minutes: 70, step: 60 },
  { minutes: 12, step: 10 },
]
/** Most events of history in all: beyond, groups come in every n-th step only. */
const MAX_HISTORY = 15_000_000
/** Partitions are alike: of more, so many are measured, side by side with their entries in turn. */
const MEASURED = 2
/** Outputs are taken as often as a worker commits. */
const TAKE_EVERY = 100

const values = noise(42)
const VALUES = Array.from({ length: 4096 }, () => responseTime(values))

/** Feeds one fold with rows whose groups are its own. */
class Feeder {
  readonly fold: PartitionFold
  private readonly keys: string[]
  private readonly next: () => number
  private seq = 0

  constructor(config: CompiledConfig, partition: number, keys: string[]) {
    this.fold = new PartitionFold('load', partition, 'bench', () => config)
    this.keys = keys
    this.next = noise(partition + 1)
  }

  /** One entry at `ms`: `group` gives the group of each row. Returns the ms that the fold took. */
  feed(ms: number, group: (row: number, next: () => number) => number): number {
    const { next, keys } = this
    // Not reused: the fold may hold an entry back until the next one confirms its log time.
    const columns: Columns = { at: Array.from({ length: ROWS }, () => ms), k: [], v: [] }
    for (let i = 0; i < ROWS; i++) {
      columns['k']!.push(keys[group(i, next)]!)
      columns['v']!.push(VALUES[Math.floor(next() * VALUES.length)]!)
    }
    const seq = (this.seq += ROWS) - ROWS
    const entry = { id: `${ms}-${seq}`, ms, kind: 'batch', from: 'bench~0~b', seq, n: ROWS } as const
    const began = performance.now()
    this.fold.step({ ...entry, schema: 'x', minute: ms, columns })
    return performance.now() - began
  }

  /** Takes the outputs as a commit does; returns the ms that it took. */
  take(): number {
    const began = performance.now()
    this.fold.take()
    this.fold.small()
    return performance.now() - began
  }
}

/** In every step of the history the groups come once, or, beyond `MAX_HISTORY`, a share of them in turn. */
function history(feeder: Feeder, groups: number, allGroups: number): void {
  const steps = HISTORY.reduce((sum, { minutes, step }) => sum + (minutes * 60) / step, 0)
  const thin = Math.ceil((steps * allGroups) / MAX_HISTORY)
  const entries = Math.ceil(groups / thin / ROWS)
  let ms = FROM - HISTORY.reduce((sum, { minutes }) => sum + minutes * 60_000, 0)
  let turn = 0
  for (const { minutes, step } of HISTORY)
    for (const until = ms + minutes * 60_000; ms < until; ms += step * 1000, turn++) {
      for (let entry = 0; entry < entries; entry++)
        feeder.feed(ms + entry, (row) => ((entry * ROWS + row) * thin + (turn % thin)) % groups)
      feeder.take()
    }
}

/** Measures folds with so many groups each, side by side. */
function measure(config: CompiledConfig, point: CostPoint, shares: number[]): Cost {
  const names = shares.map((groups, i) => Array.from({ length: groups }, (_, g) => `k${i}.${g}`))
  const before = memory()
  const feeders = names.map((keys, i) => new Feeder(config, i, keys))
  for (const [i, feeder] of feeders.entries()) history(feeder, shares[i]!, point.groups)
  const share = shares.reduce((sum, groups) => sum + groups, 0)
  const entriesPerSecond = (RATE * share) / point.groups / feeders.length / ROWS
  const entries = Math.floor((entriesPerSecond * (TO - FROM)) / 1000)
  let total = 0
  let stall = 0
  let takenAt = FROM
  const note = (took: number): void => {
    total += took
    stall = Math.max(stall, took)
  }
  for (let entry = 0; entry < entries; entry++) {
    const ms = FROM + Math.floor((entry * 1000) / entriesPerSecond)
    for (const [i, feeder] of feeders.entries())
      note(feeder.feed(ms, (_, next) => Math.floor(next() * shares[i]!)))
    if (ms - takenAt < TAKE_EVERY) continue
    takenAt = ms
    for (const feeder of feeders) note(feeder.take())
  }
  const bytes = memory() - before
  for (const [i, { fold }] of feeders.entries()) check(fold, shares[i]!)
  const events = entries * ROWS * feeders.length
  return {
    ...point,
    partitions: feeders.length,
    ns: (total * 1e6) / events,
    stall,
    bytes: bytes / share,
    events,
  }
}

function check(fold: PartitionFold, groups: number): void {
  const { dead, late, duplicate } = fold.small()
  const known = fold.plan.states[0]!.groups.size
  if (dead + late + duplicate > 0 || known !== groups)
    throw new Error(`the load is not what it should be: ${JSON.stringify(fold.small())}, ${known} groups`)
}

/** Bytes in use, after a collection of garbage. */
function memory(): number {
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const point = JSON.parse(process.argv[2]!) as CostPoint
const partitions = Math.ceil(point.groups / MAX_GROUPS)
const shares = Array.from(
  { length: partitions },
  (_, p) => Math.floor(((p + 1) * point.groups) / partitions) - Math.floor((p * point.groups) / partitions),
)
const config = loadConfig({ partitions, windows: point.windows })
const { ns, stall, bytes, events } = measure(config, point, shares.slice(0, MEASURED))
const result: Cost = {
  ...point,
  partitions,
  ns: Math.round(ns),
  stall: Math.round(stall * 10) / 10,
  bytes: Math.round(bytes),
  events,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
