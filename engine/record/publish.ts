/** Publishes a config: into the control log, which counts, and then into the records, which only show it. */
import type { Redis } from 'ioredis'
import type { CompiledConfig } from '../config/compiled.ts'
import { appendConfig } from '../control/control-log.ts'
import { catchUp } from './project.ts'

/**
 * As `appendConfig`, with the records brought up to date. `records` says why they could not be, else null: the
 * config is live all the same, and the next one published brings them up to date.
 */
export async function publishConfig(
  redis: Redis,
  namespace: string,
  config: CompiledConfig,
  by: string,
): Promise<{ id: string; changed: boolean; records: unknown }> {
  const appended = await appendConfig(redis, namespace, config, by)
  const records: unknown = await catchUp(redis, namespace).then(
    () => null,
    (error: unknown) => error,
  )
  return { ...appended, records }
}
