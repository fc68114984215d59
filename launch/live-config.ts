/** Keeps what runs in step with the config file: a good save is published, a bad one is reported, the old one goes on. */
import {
  appendConfig,
  ConfigError,
  type connect,
  loadConfigWithFiles,
  reportProblem,
  WeirError,
} from '../engine/index.ts'
import type { CompiledConfig, LoadedConfig } from '../engine/index.ts'
import { watchFiles } from './watch-files.ts'

export interface LiveConfigOptions {
  /** Absolute path. */
  file: string
  redis: ReturnType<typeof connect>
  /** What is already published. */
  current: { config: CompiledConfig; files: string[] }
  env: NodeJS.ProcessEnv
  /** What is published beside what the file says. */
  extend: (loaded: LoadedConfig) => LoadedConfig
  /** After a good save is in the control log. */
  onPublished: (scrapers: string[]) => void
  say: (line: string) => void
}

/** Watches until the returned function is called. */
export function keepConfigLive(options: LiveConfigOptions): () => void {
  const { file, redis, env, say } = options
  const { namespace } = options.current.config
  let hash = options.current.config.hash
  let refused = false
  let queue = Promise.resolve()

  const watch = watchFiles(() => void (queue = queue.then(reload, reload)))
  watch.files(options.current.files)

  const reload = async (): Promise<void> => {
    try {
      const { config, files } = options.extend(
        await loadConfigWithFiles(file, { ...env, WEIR_NAMESPACE: namespace }),
      )
      watch.files(files)
      if (config.hash === hash && !refused) return say(`Config ${hash} is read again: nothing has changed.`)
      await appendConfig(redis, namespace, config, 'weir dev')
      await reportProblem(redis, namespace, null)
      hash = config.hash
      refused = false
      options.onPublished(config.scrapers)
      say(`Config ${config.hash} is live.`)
    } catch (error) {
      refused = true
      if (error instanceof ConfigError) watch.files(error.files)
      const why = error instanceof WeirError ? error.explain() : String(error)
      say(`Config refused, the one before goes on:\n  ${why.replaceAll('\n', '\n  ')}`)
      await reportProblem(redis, namespace, why).catch(() => undefined)
    }
  }
  return () => watch.close()
}
