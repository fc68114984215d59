/**
 * The control log: the one append-only record of what people change. Workers read it from the beginning and
 * mark in their own logs from which entry on they follow it; nothing in it is ever changed.
 */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { WeirError } from '../error.ts'
import { type SharedKeys, sharedKeys } from '../stream/keys.ts'
import { incompatible } from './compatible.ts'
import { parseControl, type ControlEntry } from './control-entry.ts'

const APPEND = readFileSync(new URL('append-config.lua', import.meta.url), 'utf8')
/** 100,000 checks and as many rules fit; more in one value would stall Redis. */
const MAX_CONFIG_BYTES = 48 * 1024 * 1024
/** Entries per read. */
const PAGE = 16
const ATTEMPTS = 5
/** Configs looked at for one that comes back. */
const LOOK_BACK = 64

/**
 * Appends `config` if it differs from the newest one; `id` is then that of its entry, else of the newest.
 * `again`: it was in force before and had been replaced. `by` says who or what changed it. Throws WEIR_CONFIG when it changes what an existing stream cannot change.
 */
export async function appendConfig(
  redis: Redis,
  namespace: string,
  config: CompiledConfig,
  by: string,
): Promise<{ id: string; changed: boolean; again: boolean }> {
  const text = JSON.stringify(config)
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES)
    throw refused(
      `the config is larger than ${MAX_CONFIG_BYTES / 1024 / 1024} MB.`,
      'Split it over namespaces.',
    )
  const keys = sharedKeys(namespace)
  const counts = config.streams.flatMap(({ name, partitions }) => [name, String(partitions)])
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { tip, entry } = await newest(redis, keys.control)
    if (entry?.config.hash === config.hash) return { id: entry.id, changed: false, again: false }
    const clash = incompatible(
      await lastDeclared(redis, keys, entry?.config.streams ?? [], config),
      config.streams,
    )
    if (clash) throw newStream(clash.stream, clash.why)
    const argv = [tip, config.hash, by, text, ...counts]
    const reply = (await redis.eval(APPEND, 2, keys.control, keys.partitions, ...argv)) as string[]
    const [verdict, about = '', has] = reply
    if (verdict === 'OK') {
      return { id: about, changed: true, again: await wasBefore(redis, keys.control, about, config.hash) }
    }
    if (verdict === 'PARTITIONS')
      throw newStream(about, `it has ${has} partitions, fixed when it was created`)
  }
  throw refused('others kept changing the config at the same moment.', 'Try again.')
}

/**
 * Entries after the id `after` ('0' for all), oldest first. With `blockMs`, waits that long for the first one
 * on a connection of its own. Entries of a kind this version does not know are passed over.
 */
export async function readControl(
  redis: Redis,
  namespace: string,
  after: string,
  blockMs?: number,
): Promise<ControlEntry[]> {
  const { control } = sharedKeys(namespace)
  const entries: ControlEntry[] = []
  let from = after
  for (let wait = blockMs !== undefined; ; wait = false) {
    const reply = wait
      ? await redis.xread('COUNT', PAGE, 'BLOCK', blockMs ?? 0, 'STREAMS', control, from)
      : await redis.xread('COUNT', PAGE, 'STREAMS', control, from)
    const page = (reply?.[0]?.[1] ?? []) as RawEntry[]
    for (const [id, fields] of page) {
      from = id
      const entry = parseControl(id, fields ?? [])
      if (entry) entries.push(entry)
    }
    if (page.length < PAGE) return entries
  }
}

/** The newest config's entry, or null before the first. */
export async function newestControl(redis: Redis, namespace: string): Promise<ControlEntry | null> {
  return (await newest(redis, sharedKeys(namespace).control)).entry
}

/** The newest config, or null before the first. */
export async function newestConfig(redis: Redis, namespace: string): Promise<CompiledConfig | null> {
  return (await newestControl(redis, namespace))?.config ?? null
}

/** Whether one of the last `LOOK_BACK` configs before entry `id` had this hash; false where nobody can say. */
async function wasBefore(redis: Redis, control: string, id: string, hash: string): Promise<boolean> {
  try {
    for (let end = `(${id}`, looked = 0; looked < LOOK_BACK; looked += PAGE) {
      const page = (await redis.xrevrange(control, end, '-', 'COUNT', PAGE)) as RawEntry[]
      if (page.some(([, fields]) => fields?.[fields.indexOf('hash') + 1] === hash)) return true
      if (page.length < PAGE) return false
      end = `(${page.at(-1)![0]}`
    }
  } catch {
    // It is published, and that is what counts.
  }
  return false
}

type RawEntry = [id: string, fields: string[] | null]

/** What each stream was when it was last declared: one that comes back is the stream it was, its log is still there. */
async function lastDeclared(
  redis: Redis,
  keys: SharedKeys,
  current: CompiledStream[],
  config: CompiledConfig,
): Promise<CompiledStream[]> {
  const known = new Set(current.map(({ name }) => name))
  const away = config.streams.filter(({ name }) => !known.has(name)).map(({ name }) => name)
  const existed = away.length === 0 ? [] : await redis.hmget(keys.partitions, ...away)
  const missing = new Set(away.filter((_, i) => existed[i] !== null))
  const found = [...current]
  for (let end = '+'; missing.size > 0;) {
    const page = (await redis.xrevrange(keys.control, end, '-', 'COUNT', 1)) as RawEntry[]
    if (page.length === 0) break
    const [id, fields] = page[0]!
    end = `(${id}`
    for (const stream of parseControl(id, fields ?? [])?.config.streams ?? [])
      if (missing.delete(stream.name)) found.push(stream)
  }
  return found
}

/** `tip` is the id of the newest entry of any kind, '0-0' for none. */
async function newest(redis: Redis, control: string): Promise<{ tip: string; entry: ControlEntry | null }> {
  let tip = '0-0'
  for (let end = '+'; ;) {
    const page = (await redis.xrevrange(control, end, '-', 'COUNT', end === '+' ? 1 : PAGE)) as RawEntry[]
    for (const [id, fields] of page) {
      if (tip === '0-0') tip = id
      const entry = parseControl(id, fields ?? [])
      if (entry) return { tip, entry }
      end = `(${id}`
    }
    if (page.length === 0) return { tip, entry: null }
  }
}

function newStream(stream: string, why: string): WeirError {
  return refused(
    `stream '${stream}' cannot change like this: ${why}.`,
    `Change it back, or declare a new stream, such as '${stream}-2'.`,
  )
}

function refused(message: string, todo: string): WeirError {
  return new WeirError(message, { code: 'WEIR_CONFIG', domain: 'user', retry: false, where: 'config', todo })
}
