/** The records: what is declared now, and which configs were ever active, for listings and for people in redis-cli. */
import type { Redis } from 'ioredis'
import type { SchemaDefinition } from 'redis-om'
import type { CompiledMetric, CompiledRule, CompiledStream } from '../config/compiled.ts'
import { RecordSet, type Kind } from './record-set.ts'

/** One config that became active: the mark that says "since this change". */
export interface ConfigVersion {
  /** Id in the control log. */
  id: string
  /** Server time, ms. */
  at: number
  by: string
  hash: string
  /** Ids of rules and names of metrics that this config added, changed or removed. */
  added: string[]
  changed: string[]
  removed: string[]
}

export interface Records {
  streams: RecordSet<CompiledStream>
  metrics: RecordSet<CompiledMetric>
  rules: RecordSet<CompiledRule>
  /** Oldest first. */
  versions: RecordSet<ConfigVersion>
}

/** The records of a namespace, as last projected from the control log. */
export function openRecords(redis: Redis, namespace: string): Records {
  return {
    streams: new RecordSet(redis, namespace, STREAM),
    metrics: new RecordSet(redis, namespace, METRIC),
    rules: new RecordSet(redis, namespace, RULE),
    versions: new RecordSet(redis, namespace, VERSION),
  }
}

const STREAM = kind<CompiledStream>('stream', (stream) => stream.name, {
  key: 'string',
  clock: 'string',
  partitions: 'number',
  schemaVersion: 'string',
})
const METRIC = kind<CompiledMetric>('metric', (metric) => metric.name, {
  stream: 'string',
  title: 'string',
  unit: 'string',
  hash: 'string',
})
const RULE = kind<CompiledRule>('rule', (rule) => rule.id, {
  kind: 'string',
  metric: 'string',
  stat: 'string',
  window: 'string',
  severity: 'string',
  hash: 'string',
})
const VERSION = kind<ConfigVersion>('version', (version) => version.id, {
  at: 'number',
  by: 'string',
  hash: 'string',
})

/** Fields named in `columns` stand on their own in the hash; the rest stays together, as JSON. */
function kind<T extends object>(
  name: string,
  id: (record: T) => string,
  columns: Partial<Record<keyof T & string, 'string' | 'number'>>,
): Kind<T> {
  const own = Object.keys(columns)
  const schema: SchemaDefinition = { id: { type: 'string' }, rest: { type: 'string' } }
  for (const column of own) schema[column] = { type: columns[column as keyof T & string] ?? 'string' }
  return {
    name,
    schema,
    id,
    encode: (record) => {
      const rest = Object.fromEntries(Object.entries(record).filter(([field]) => !own.includes(field)))
      const held = Object.entries(record).filter(([field]) => own.includes(field))
      return { ...Object.fromEntries(held), id: id(record), rest: JSON.stringify(rest) }
    },
    decode: (entity) => {
      const held = own.map((column) => [column, entity[column]])
      return { ...JSON.parse(String(entity['rest'])), ...Object.fromEntries(held) } as T
    },
  }
}
