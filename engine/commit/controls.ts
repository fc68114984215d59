/** The control states a worker has loaded, by control log id. The control log is append-only, so nothing expires. */
import type { Redis } from 'ioredis'
import { ACCOUNTING } from '../accounting/event.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { readControl } from '../control/control-log.ts'
import { sharedKeys } from '../stream/keys.ts'

export class Controls {
  private readonly redis: Redis
  private readonly namespace: string
  private readonly configs = new Map<string, CompiledConfig>()
  private last = '0-0'
  /** Entries of the control log at the last look: it only ever grows, unless it lost some. */
  private length = 0
  /** Id of the newest config, '' before the first. */
  newest = ''
  /** How often the control log was found to have lost what had been read from it. */
  losses = 0

  constructor(redis: Redis, namespace: string) {
    this.redis = redis
    this.namespace = namespace
  }

  /**
   * Reads what was appended since; true if another config is the newest. Where the log has lost entries (flushed, or a
   * failover to a server that never had them), all is read anew: nobody else could follow what is there no more.
   */
  async refresh(): Promise<boolean> {
    const { losses } = this
    const length = await this.redis.xlen(sharedKeys(this.namespace).control)
    const shorter = length < this.length
    this.length = length
    if (shorter) {
      this.configs.clear()
      this.last = '0-0'
      this.newest = ''
      this.losses++
    }
    const before = this.newest
    const entries = await readControl(this.redis, this.namespace, this.last)
    for (const entry of entries) {
      this.last = entry.id
      if (entry.kind !== 'config') continue
      this.configs.set(entry.id, entry.config)
      this.newest = entry.id
    }
    return this.newest !== before || losses !== this.losses
  }

  has(id: string): boolean {
    return this.configs.has(id)
  }

  /** The newest state that declares `stream`; the newest of all for a stream that nobody declares. */
  declaring(stream: string): string {
    const declares = ([, config]: [string, CompiledConfig]): boolean =>
      config.streams.some(({ name }) => name === stream)
    return [...this.configs].findLast(declares)?.[0] ?? this.newest
  }

  /**
   * Streams that need an owner: those of the newest state, and of older ones those that the engine itself writes. What
   * is on its way to them would never arrive, and would keep all behind it from being forgotten.
   */
  streams(): CompiledStream[] {
    const streams = new Map<string, CompiledStream>()
    for (const [id, config] of this.configs) {
      for (const stream of config.streams) {
        const internal = stream.merges !== undefined || stream.name === ACCOUNTING
        if (internal || id === this.newest) streams.set(stream.name, stream)
      }
    }
    return [...streams.values()]
  }

  /** Throws on an id that was never loaded. */
  readonly resolve = (id: string): CompiledConfig => {
    const config = this.configs.get(id)
    if (config === undefined) throw new Error(`control state ${id} is not loaded`)
    return config
  }
}
