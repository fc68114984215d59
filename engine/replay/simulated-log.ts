/** Writes arriving events into partition logs as a producer does: validated, numbered, batched, in columns. Pure. */
import type { CompiledStream } from '../config/compiled.ts'
import { encodeRow } from '../event/batch.ts'
import { MAX_EVENT_BYTES } from '../event/entry.ts'
import { createLane, type Lane } from '../event/lane.ts'
import { rejected } from '../event/rejected.ts'
import { compileValidator, keyOf, type Validate } from '../event/validate.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import type { Arrival } from './simulated-events.ts'

/** A raw entry as Redis returns it. */
export type RawEntry = [id: string, fields: string[]]

const MINUTE = 60_000

/** One log per partition. What arrives at the same ms shares entries. */
export function logsOf(stream: CompiledStream, arrivals: readonly Arrival[]): RawEntry[][] {
  const logs = Array.from({ length: stream.partitions }, (): RawEntry[] => [])
  if (arrivals.length === 0) return logs
  const validate = compileValidator(stream)
  const producer = `simulate~${arrivals[0]!.ms}~0`
  const lanes = logs.map(() => createLane(() => producer, stream.schemaVersion))
  for (const [i, arrival] of arrivals.entries()) {
    add(stream, lanes, validate, arrival)
    if (arrivals[i + 1]?.ms === arrival.ms) continue
    for (const [partition, lane] of lanes.entries()) write(logs[partition]!, lane, arrival.ms)
  }
  return logs
}

function add(stream: CompiledStream, lanes: readonly Lane[], validate: Validate, arrival: Arrival): void {
  const { row, ms, origin } = arrival
  const key = keyOf(stream, row)
  const minute = ms - (ms % MINUTE)
  const lane = lanes[key === null ? 0 : partitionOf(key, stream.partitions)]!
  const verdict = validate(row)
  if (!verdict.ok) {
    lane.reject(rejected(row, verdict.reason, origin), minute)
    return
  }
  const encoded = encodeRow(row)
  if (encoded.bytes <= MAX_EVENT_BYTES) {
    lane.add(encoded, minute)
    return
  }
  const reason = `${encoded.bytes} bytes of JSON, at most ${MAX_EVENT_BYTES} allowed`
  lane.reject(rejected(row, reason, origin), minute)
}

function write(log: RawEntry[], lane: Lane, ms: number): void {
  lane.seal()
  for (let seq = 0, head = lane.head(); head !== undefined; seq++, head = lane.head()) {
    log.push([`${ms}-${seq}`, head.fields])
    lane.ack(`${ms}-${seq}`, ms)
  }
}
