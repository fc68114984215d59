/** Chooses the series store by what the server can do. */
import type { Redis } from 'ioredis'
import { createPlainStore } from './plain-store.ts'
import type { SeriesStore } from './store.ts'
import { createTimeSeriesStore } from './timeseries-store.ts'

/** RedisTimeSeries where the server has it, else plain Redis. Rejects where the server does not answer. */
export async function detectStore(redis: Redis): Promise<SeriesStore> {
  const [command] = await redis.command('INFO', 'TS.MADD')
  if (command === null || command === undefined) return createPlainStore(redis)
  return createTimeSeriesStore(redis, await moduleVersion(redis))
}

/** `1.12.14` of the number 11214; empty where the server does not tell (MODULE is often forbidden). */
async function moduleVersion(redis: Redis): Promise<string> {
  const modules = (await redis.call('MODULE', 'LIST').catch(() => [])) as (string | number)[][]
  const module = modules.find((fields) => fields[fields.indexOf('name') + 1] === 'timeseries')
  const version = Number(module?.[module.indexOf('ver') + 1])
  if (!Number.isInteger(version)) return ''
  return [Math.floor(version / 10_000), Math.floor(version / 100) % 100, version % 100].join('.')
}
