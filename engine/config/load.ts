/** Loads a config file: runs it in this process, compiles what it exports, and says which files it read. */
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { createJiti } from 'jiti'
import { WeirError } from '../error.ts'
import { checkFiles, compile, type CheckText } from './compile.ts'
import type { CompiledConfig } from './compiled.ts'
import type { Authored } from './define.ts'
import { explainThrown, here, inOrder } from './explain.ts'
import { ConfigError } from './mistake.ts'

export interface LoadedConfig {
  config: CompiledConfig
  /** Absolute paths of everything the config was made from, for a watcher. */
  files: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** A CSV of 100,000 checks is about 10 MB. */
const MAX_FILE_BYTES = 32 * 1024 * 1024
/** A config that has not finished by then waits for something that does not come, ms. */
const RUN_DEADLINE = 10_000

/** The compiled config of the file at `path`. Throws ConfigError with every mistake, or WEIR_CONFIG_NOT_FOUND. */
export async function loadConfig(path: string, env: Environment = process.env): Promise<CompiledConfig> {
  return (await loadConfigWithFiles(path, env)).config
}

/** As `loadConfig`; each call runs the file and its imports anew, so a reload sees every change. */
export async function loadConfigWithFiles(
  path: string,
  env: Environment = process.env,
): Promise<LoadedConfig> {
  const file = resolve(path)
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new WeirError('there is no such config file.', {
      code: 'WEIR_CONFIG_NOT_FOUND',
      domain: 'user',
      retry: true,
      where: here(file),
      todo: 'Name the file, or start in the folder that holds streams.config.ts.',
    })
  const files = new Set([file])
  const authored = await evaluate(file, files)
  const texts = readCheckFiles(authored, dirname(file), files)
  const { config, mistakes } = compile(authored, {
    checkFile: (name) => texts.get(name) ?? null,
    ...(env['WEIR_NAMESPACE'] ? { namespace: env['WEIR_NAMESPACE'] } : {}),
  })
  if (mistakes.length > 0) throw new ConfigError(inOrder(mistakes, file), [...files])
  return { config, files: [...files] }
}

/** Runs the file; `files` collects it and everything it imports from outside node_modules. */
async function evaluate(file: string, files: Set<string>): Promise<Authored> {
  const { cache } = createRequire(import.meta.url)
  const cachedBefore = new Set(Object.keys(cache))
  const compiler = createJiti(file, { fsCache: false, moduleCache: false })
  const jiti = createJiti(file, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: surface(),
    transform: (options) => {
      if (options.filename && !options.filename.includes('node_modules')) files.add(resolve(options.filename))
      return { code: compiler.transform({ ...options, retainLines: true }) }
    },
  })
  try {
    const run = jiti.import<(Partial<Authored> & { default?: Partial<Authored> }) | null>(file)
    const exported = await within(run, file, files)
    const authored = exported?.default ?? exported
    if (authored?.kind === 'config') return authored as Authored
    throw new ConfigError(
      [
        {
          where: here(file),
          what: 'it exports no config.',
          todo: 'Write export default defineConfig({...}).',
        },
      ],
      [...files],
    )
  } catch (error) {
    throw error instanceof ConfigError
      ? error
      : new ConfigError([explainThrown(error, file, files)], [...files])
  } finally {
    // JSON goes through Node's own cache, where a second load would find the old text.
    for (const name of Object.keys(cache))
      if (!cachedBefore.has(name) && name.endsWith('.json') && !name.includes('node_modules')) {
        files.add(name)
        delete cache[name]
      }
  }
}

/** A top-level await may wait for ever; whoever loads the config must not wait with it. */
async function within<T>(run: Promise<T>, file: string, files: ReadonlySet<string>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const what = `it is still not loaded after ${RUN_DEADLINE / 1000} s.`
      const todo = 'Look for an await that waits for ever; a config needs none.'
      reject(new ConfigError([{ where: here(file), what, todo }], [...files]))
    }, RUN_DEADLINE)
  })
  try {
    return await Promise.race([run, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Our own modules as this process has them, imported only when a config asks for them. */
function surface(): Record<string, unknown> {
  const lazily = (path: string): PropertyDescriptor => ({
    enumerable: true,
    get: () => import(new URL(path, import.meta.url).href),
  })
  return Object.defineProperties(
    {},
    {
      weir: lazily('../index.ts'),
      'weir/scrapers': lazily('../../scrapers/index.ts'),
    },
  )
}

function readCheckFiles(
  authored: Authored,
  folder: string,
  files: Set<string>,
): Map<string, CheckText | null> {
  const texts = new Map<string, CheckText | null>()
  for (const { path } of checkFiles(authored)) {
    const file = resolve(folder, String(path))
    files.add(file)
    texts.set(path, readCheckFile(file))
  }
  return texts
}

function readCheckFile(file: string): CheckText | null {
  const kind = statSync(file, { throwIfNoEntry: false })
  if (!kind?.isFile()) return null
  if (kind.size <= MAX_FILE_BYTES) return { file, text: readFileSync(file, 'utf8') }
  const mb = (bytes: number): number => Math.ceil(bytes / 1024 / 1024)
  const why = `has ${mb(kind.size)} MB, and at most ${mb(MAX_FILE_BYTES)} MB are read`
  return { why, todo: 'Split the checks over several namespaces.' }
}
