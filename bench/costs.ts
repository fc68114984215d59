/** What a stretch of a benchmark costs: processor time here and in Redis, bytes of the log on disk, pauses. */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import type { Redis } from 'ioredis'

export interface Costs {
  seconds: number
  /** Processor time of this process, all threads, and of the server, s. */
  node: number
  redis: number
  /** Bytes appended to the append-only file: the server must not rewrite it meanwhile. */
  aof: number
  /** Longest time the event loop stood still, and longest garbage collection within it, ms. */
  stall: number
  garbage: number
  /** Memory of this process at the end, bytes. */
  memory: number
}

/** Starts to measure; the function returned stops and tells. */
export async function measureCosts(redis: Redis): Promise<() => Promise<Costs>> {
  const before = await ofServer(redis)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let garbage = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) garbage = Math.max(garbage, entry.duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  delay.enable()
  const cpu = process.cpuUsage()
  const began = performance.now()
  return async () => {
    const seconds = (performance.now() - began) / 1000
    const used = process.cpuUsage(cpu)
    delay.disable()
    observer.disconnect()
    const after = await ofServer(redis)
    return {
      seconds,
      node: (used.user + used.system) / 1e6,
      redis: after.cpu - before.cpu,
      aof: after.aof - before.aof,
      stall: delay.max / 1e6,
      garbage,
      memory: process.memoryUsage.rss(),
    }
  }
}

async function ofServer(redis: Redis): Promise<{ cpu: number; aof: number }> {
  const info = `${await redis.info('cpu')}${await redis.info('persistence')}`
  const number = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0)
  return { cpu: number('used_cpu_user') + number('used_cpu_sys'), aof: number('aof_current_size') }
}
