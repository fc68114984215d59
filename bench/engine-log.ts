/** Preloads partition logs whose event time runs in real time: entry ids and events carry past seconds. */
import type { Redis } from 'ioredis'
import { batchFields } from '../engine/event/entry.ts'
import { partitionKeys } from '../engine/stream/keys.ts'
import { partitionOf } from '../engine/stream/partition-hash.ts'

export interface Load {
  stream: string
  partitions: number
  groups: number
  /** Events per second of event time, all partitions together, and for how many seconds. */
  rate: number
  seconds: number
  /** Rows per batch entry; 1 = flat entries as any client writes them. */
  rows: number
  /** Event time of the first second, ms. */
  start: number
}

/** Deterministic noise: the same log in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

/** Writes the log; returns the number of events and the bytes of all entries. */
export async function preload(
  redis: Redis,
  namespace: string,
  load: Load,
): Promise<{ events: number; bytes: number }> {
  const next = random(42)
  const perPartition = load.rate / load.partitions
  const entriesPerSecond = Math.ceil(perPartition / load.rows)
  const keys = keysOf(load)
  const variants = Array.from({ length: Math.ceil(VARIANTS / load.rows) }, () => makeRows(next, load.rows))
  let events = 0
  let bytes = 0
  for (let second = 0; second < load.seconds; second++) {
    for (let partition = 0; partition < load.partitions; partition++) {
      const { log } = partitionKeys(namespace, load.stream, partition)
      const pipeline = redis.pipeline()
      for (let entry = 0; entry < entriesPerSecond; entry++) {
        const at = load.start + second * 1000 + Math.floor((entry * 1000) / entriesPerSecond)
        const rows = variants[(second * 7 + entry) % variants.length]!
        const fields = entryFields(load, rows, keys[partition]!, at, second * entriesPerSecond + entry)
        for (const field of fields) bytes += field.length
        pipeline.xadd(log, `${at}-*`, ...fields)
        events += load.rows
      }
      await pipeline.exec()
    }
  }
  return { events, bytes }
}

/** Keys of the groups by the partition they belong to: what comes to another one would be sent on. */
function keysOf(load: Load): string[][] {
  const keys: string[][] = Array.from({ length: load.partitions }, () => [])
  for (let group = 0; group < load.groups; group++) {
    const key = `k${group}`
    keys[partitionOf(key, load.partitions)]!.push(key)
  }
  return keys
}

/** Rows that differ; all others repeat one of them with a time and number of their own. */
const VARIANTS = 100_000

interface Rows {
  /** Each 0…1: which of the partition's groups. */
  groups: number[]
  values: number[]
}

function makeRows(next: () => number, rows: number): Rows {
  return {
    groups: Array.from({ length: rows }, () => next()),
    // Response times: log-uniform over 1 … 1,000 ms, two decimals.
    values: Array.from({ length: rows }, () => Math.round(Math.exp(next() * 6.9) * 100) / 100),
  }
}

function entryFields(load: Load, rows: Rows, keys: string[], at: number, number: number): string[] {
  const key = (i: number): string => keys[Math.floor(rows.groups[i]! * keys.length)]!
  if (load.rows === 1) return ['at', String(at), 'k', key(0), 'v', String(rows.values[0])]
  const columns = JSON.stringify({
    at: rows.groups.map(() => at),
    k: rows.groups.map((_, i) => key(i)),
    v: rows.values,
  })
  return batchFields(`bench~${load.start}~b`, number * load.rows, load.rows, 'x', at, columns)
}
