/** Preloads partition logs whose event time runs in real time: entry ids and events carry past seconds. */
import type { Redis } from 'ioredis'
import { batchFields } from '../engine/event/entry.ts'
import { partitionKeys } from '../engine/stream/keys.ts'

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
  // Groups belong to partitions as keys would: group g lives on partition g mod P.
  const groupsHere = Math.floor(load.groups / load.partitions)
  const variants = Array.from({ length: 400 }, () => makeRows(next, load.rows, groupsHere))
  let events = 0
  let bytes = 0
  for (let second = 0; second < load.seconds; second++) {
    for (let partition = 0; partition < load.partitions; partition++) {
      const { log } = partitionKeys(namespace, load.stream, partition)
      const pipeline = redis.pipeline()
      for (let entry = 0; entry < entriesPerSecond; entry++) {
        const at = load.start + second * 1000 + Math.floor((entry * 1000) / entriesPerSecond)
        const rows = variants[(second * 7 + entry) % variants.length]!
        const fields = entryFields(load, rows, partition, at, second * entriesPerSecond + entry)
        for (const field of fields) bytes += field.length
        pipeline.xadd(log, `${at}-*`, ...fields)
        events += load.rows
      }
      await pipeline.exec()
    }
  }
  return { events, bytes }
}

interface Rows {
  groups: number[]
  values: number[]
}

function makeRows(next: () => number, rows: number, groups: number): Rows {
  return {
    groups: Array.from({ length: rows }, () => Math.floor(next() * groups)),
    // Response times: log-uniform over 1 … 1,000 ms, two decimals.
    values: Array.from({ length: rows }, () => Math.round(Math.exp(next() * 6.9) * 100) / 100),
  }
}

function entryFields(load: Load, rows: Rows, partition: number, at: number, number: number): string[] {
  const key = (i: number): string => `k${rows.groups[i]! * load.partitions + partition}`
  if (load.rows === 1) return ['at', String(at), 'k', key(0), 'v', String(rows.values[0])]
  const columns = JSON.stringify({
    at: rows.groups.map(() => at),
    k: rows.groups.map((_, i) => key(i)),
    v: rows.values,
  })
  return batchFields(`bench~${load.start}~b`, number * load.rows, load.rows, 'x', at, columns)
}
