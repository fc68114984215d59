/**
 * What an auditor found who counts a stream apart from the engine, kept in Redis so that the board of any process can
 * say so. `weir dev --torture` is one: it kills processes and publishes what that cost.
 */
import type { Redis } from 'ioredis'
import { sharedKeys } from '../stream/keys.ts'
import { serverTime } from '../stream/server-time.ts'

export interface Audit {
  /** Different events that were written, as the auditor counts them. */
  events: number
  /** Processes killed so far. */
  kills: number
  /** Events that were written and are not counted, and that are counted more than once. */
  lost: number
  doubled: number
  /** What is wrong, in words; null where the auditor could compare, whatever it found. */
  problem: string | null
  /** Server time of the comparison, ms. */
  at: number
}

const MAX_TEXT = 400

export async function reportAudit(redis: Redis, namespace: string, audit: Omit<Audit, 'at'>): Promise<void> {
  const at = await serverTime(redis)
  const { events, kills, lost, doubled, problem } = audit
  await redis.hset(sharedKeys(namespace).audit, {
    events,
    kills,
    lost,
    doubled,
    at,
    problem: (problem ?? '').slice(0, MAX_TEXT),
  })
}

/** The newest report, or null where nobody audits. */
export async function readAudit(redis: Redis, namespace: string): Promise<Audit | null> {
  const { problem = '', ...numbers } = await redis.hgetall(sharedKeys(namespace).audit)
  if (numbers['at'] === undefined) return null
  const number = (name: string): number => Number(numbers[name] ?? 0) || 0
  return {
    events: number('events'),
    kills: number('kills'),
    lost: number('lost'),
    doubled: number('doubled'),
    problem: problem === '' ? null : problem,
    at: number('at'),
  }
}
