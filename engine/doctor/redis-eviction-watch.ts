/** Asks the server now and then whether it may evict keys, and whether it has: both lose data without any error. */
import type { Redis } from 'ioredis'
import { clusterOf } from '../stream/connection.ts'
import { evictionFinding } from './memory.ts'
import { parseInfo } from './redis-facts.ts'

/** Says what is wrong, once per change; `todo` is what to do about it. */
export type Alarm = (says: string, todo: string | null) => void

export class EvictionWatch {
  private readonly redis: Redis
  private readonly alarm: Alarm
  private policy = ''
  private evicted: number | null = null

  constructor(redis: Redis, alarm: Alarm) {
    this.redis = redis
    this.alarm = alarm
  }

  /** Rejects where INFO is not answered. */
  async look(): Promise<void> {
    const nodes: Pick<Redis, 'info'>[] = clusterOf(this.redis)?.nodes('master') ?? [this.redis]
    const infos = (await Promise.all(nodes.map((node) => node.info()))).map(parseInfo)
    const findings = infos.map(evictionFinding)
    const { verdict, says, todo } = findings.find((finding) => finding.verdict !== 'ok') ?? findings[0]!
    if (verdict !== 'ok' && says !== this.policy) this.alarm(says, todo)
    this.policy = says
    const evicted = infos.reduce((sum, info) => sum + Number(info.get('evicted_keys') ?? 0), 0)
    // The counters begin anew with the server.
    if (this.evicted !== null && evicted > this.evicted)
      this.alarm(
        `Redis has evicted ${evicted - this.evicted} keys: data may be lost`,
        'Set maxmemory-policy noeviction, then restart the engines: what is damaged stops and says so.',
      )
    this.evicted = evicted
  }
}
