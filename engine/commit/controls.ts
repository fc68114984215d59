/** The control states a worker has loaded, by control log id. The control log is append-only, so nothing expires. */
import type { Redis } from 'ioredis'
import type { CompiledConfig } from '../config/compiled.ts'
import { readControl } from '../control/control-log.ts'

export class Controls {
  private readonly redis: Redis
  private readonly namespace: string
  private readonly configs = new Map<string, CompiledConfig>()
  private last = '0-0'
  /** Id of the newest config, '' before the first. */
  newest = ''

  constructor(redis: Redis, namespace: string) {
    this.redis = redis
    this.namespace = namespace
  }

  /** Reads what was appended since; true if there is a newer config. */
  async refresh(): Promise<boolean> {
    const entries = await readControl(this.redis, this.namespace, this.last)
    const before = this.newest
    for (const entry of entries) {
      this.last = entry.id
      if (entry.kind !== 'config') continue
      this.configs.set(entry.id, entry.config)
      this.newest = entry.id
    }
    return this.newest !== before
  }

  has(id: string): boolean {
    return this.configs.has(id)
  }

  /** Throws on an id that was never loaded. */
  readonly resolve = (id: string): CompiledConfig => {
    const config = this.configs.get(id)
    if (config === undefined) throw new Error(`control state ${id} is not loaded`)
    return config
  }
}
