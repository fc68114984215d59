/** A config with the stream that is tortured added to it, read once more whenever the config is. */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { loadConfig, type CompiledConfig, type LoadedConfig } from '../../engine/index.ts'

const FILE = fileURLToPath(new URL('./torture.config.ts', import.meta.url))

/** Resolves with what adds the stream. */
export async function withTorture(): Promise<(loaded: LoadedConfig) => LoadedConfig> {
  const ours = await loadConfig(FILE)
  return (loaded) => ({ ...loaded, config: merged(loaded.config, ours) })
}

function merged(config: CompiledConfig, ours: CompiledConfig): CompiledConfig {
  const known = new Set(config.streams.map(({ name }) => name))
  return {
    ...config,
    streams: [...config.streams, ...ours.streams.filter(({ name }) => !known.has(name))],
    metrics: [...config.metrics, ...ours.metrics],
    hash: createHash('sha256').update(`${config.hash} ${ours.hash}`).digest('hex').slice(0, 12),
  }
}
