/** What the checks judge: facts read once, without changing anything. */
import type { CompiledConfig } from '../config/compiled.ts'

export interface RedisFacts {
  /** Host and port, never credentials. */
  host: string
  /** INFO, by field. */
  info: ReadonlyMap<string, string>
  /** CONFIG GET of the settings that matter; null where it is not allowed (managed services forbid it). */
  config: ReadonlyMap<string, string> | null
  /** Null when EVAL and EVALSHA work, else what Redis said. */
  scripts: string | null
  /** `RedisTimeSeries 1.12.14`, or the plain store; null where it could not be found out. */
  series: string | null
  /** Server time less local time, ms, and half the round trip it was measured with. */
  skew: { ms: number; within: number }
}

export interface ConfigFacts {
  path: string
  /** Null where it does not compile, or is not there; then `problem` says why. */
  config: CompiledConfig | null
  problem: string | null
  /** Files matched by the config's globs of scrapers. */
  scraperFiles: number
}

export interface MachineFacts {
  /** Such as `20.19.5`. */
  node: string
  /** Bytes that can still be written in the working folder, and free memory; null where unknown. */
  disk: number | null
  memory: number | null
  /** Where Chromium is, and what it says it is; `version` null: it does not start. */
  chromium: {
    path: string
    source: 'WEIR_CHROMIUM' | 'system' | 'npm package'
    version: string | null
  } | null
}

export interface Facts {
  /** Or why there is none. */
  redis: RedisFacts | { away: string }
  config: ConfigFacts
  machine: MachineFacts
  /** Names of the environment variables that are set and not empty. Never their values. */
  set: ReadonlySet<string>
}
