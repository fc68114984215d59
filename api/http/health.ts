/** `/healthz` (the process lives) and `/readyz` (its answers are worth reading), with the reasons why not. */
import type { Context, MiddlewareHandler } from 'hono'
import type { Health, Reader } from '../../engine/index.ts'
import { problem, REDIS_AWAY } from './problem.ts'

export interface Check {
  name: 'redis' | 'config' | 'engine' | 'hold'
  ok: boolean
  /** For people. */
  says: string
}

/** Every condition of readiness with its verdict; ready when all are ok. */
export function checksOf(health: Health, held: boolean): Check[] {
  const { redis, config, engine, lagEntries } = health
  const checks: Check[] = [
    {
      name: 'redis',
      ok: redis.ok,
      says: redis.ok ? `Redis ${redis.version}, ${redis.series}` : 'Redis is away',
    },
    {
      name: 'config',
      ok: config.hash !== null,
      says: config.hash === null ? 'no configuration was applied yet' : `configuration ${config.hash}`,
    },
    redis.ok
      ? { name: 'engine', ok: engine === 'ok', says: engineSays(engine, lagEntries) }
      : { name: 'engine', ok: false, says: 'nothing is known of the engine without Redis' },
  ]
  if (held)
    checks.push({ name: 'hold', ok: false, says: 'the process that started us is still loading the past' })
  return checks
}

function engineSays(engine: Health['engine'], lag: number): string {
  if (engine === 'down') return 'no engine holds a lease'
  return engine === 'behind' ? `the engine is behind, ${lag} entries wait` : 'the engine is up to date'
}

export function answerReady(c: Context, health: Health, held: boolean): Response {
  const checks = checksOf(health, held)
  const failed = checks.filter((check) => !check.ok)
  if (failed.length === 0) return c.json({ ready: true, checks })
  return problem(c, {
    status: 503,
    title: 'Not ready',
    detail: `${failed.map((check) => check.says).join('; ')}.`,
    todo: 'Wait; this answers 200 when all checks are ok.',
    headers: { 'retry-after': '1' },
    more: { ready: false, checks },
  })
}

/** 503 at once, instead of after the client's own patience with a Redis that is known to be away. */
export function needsRedis(reader: Pick<Reader, 'health'>): MiddlewareHandler {
  return async (c, next) => (reader.health().redis.ok ? next() : problem(c, REDIS_AWAY))
}
