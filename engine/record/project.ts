/** Projects the control log into records. The log is the truth: the records can always be made again from it. */
import type { Redis } from 'ioredis'
import { canonical } from '../config/canonical.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import type { ControlEntry } from '../control/control-entry.ts'
import { newestControl, readControl } from '../control/control-log.ts'
import { openRecords, type ConfigVersion, type Records } from './record.ts'

/** Versions kept as records; the control log keeps all. */
const MAX_VERSIONS = 1000

/** Writes one entry into the records. Idempotent; an entry older than what the records show changes nothing. */
export async function project(redis: Redis, namespace: string, entry: ControlEntry): Promise<void> {
  const records = openRecords(redis, namespace)
  if (await isPast(records, entry)) return
  await show(records, entry)
  // Another process may have shown a newer config meanwhile, and this one have written over it.
  if (!(await isPast(records, entry))) return
  const newest = await newestControl(redis, namespace)
  if (newest) await show(records, newest)
}

async function isPast(records: Records, entry: ControlEntry): Promise<boolean> {
  const last = await records.versions.last()
  return last !== null && place(last) > place(entry.id)
}

/** Projects what the records have not seen yet, and the newest again, should somebody have stopped halfway. */
export async function catchUp(redis: Redis, namespace: string): Promise<void> {
  const last = await openRecords(redis, namespace).versions.last()
  const entries = await readControl(redis, namespace, last ?? '0')
  const newest = entries.length === 0 ? await newestControl(redis, namespace) : null
  for (const entry of newest ? [newest] : entries) await project(redis, namespace, entry)
}

async function show(records: Records, entry: ControlEntry): Promise<void> {
  const { config, id } = entry
  const before = { metrics: await records.metrics.all(), rules: await records.rules.all() }
  // The version comes first: whoever writes older records after it will see it, and put things right.
  // Projected again, it keeps the changes it had at first.
  const known = await records.versions.get(id)
  await records.versions.put(known ?? versionOf(entry, before), place(id))
  await records.streams.replace(config.streams)
  await records.metrics.replace(config.metrics)
  await records.rules.replace(config.rules)
  await records.versions.keepLast(MAX_VERSIONS)
}

function versionOf(
  { id, by, config }: ControlEntry,
  before: Pick<CompiledConfig, 'metrics' | 'rules'>,
): ConfigVersion {
  const [now, then] = [named(config), named(before)]
  return {
    id,
    at: Number(id.split('-')[0]),
    by,
    hash: config.hash,
    added: [...now.keys()].filter((name) => !then.has(name)),
    changed: [...now.keys()].filter((name) => then.has(name) && then.get(name) !== now.get(name)),
    removed: [...then.keys()].filter((name) => !now.has(name)),
  }
}

function named({ metrics, rules }: Pick<CompiledConfig, 'metrics' | 'rules'>): Map<string, string> {
  const metric = metrics.map((one) => [`metric ${one.name}`, canonical(one)] as const)
  const rule = rules.map((one) => [`rule ${one.id}`, canonical(one)] as const)
  return new Map([...metric, ...rule])
}

/** A log id as a number to sort by: exact for up to 1,000 entries in one ms. */
function place(id: string): number {
  const [ms = '0', seq = '0'] = id.split('-')
  return Number(ms) * 1000 + Number(seq)
}
