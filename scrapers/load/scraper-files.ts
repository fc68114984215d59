/** Loads scraper files: each on its own, so that a mistake in one stops that one only. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, relative } from 'node:path'
import { createJiti } from 'jiti'
import * as engine from '../../engine/index.ts'
import * as authoring from '../index.ts'
import { withinTime } from '../define/within-time.ts'
import type { Scraper } from '../index.ts'
import type { Scheduled } from '../schedule/schedule.ts'

const { WeirError } = engine

export interface FileProblem {
  file: string
  /** Where, what, what to do; one line. */
  message: string
}

export interface LoadedFiles {
  scrapers: Scheduled[]
  problems: FileProblem[]
}

/** Longest time a file may take to load: one that loops must not stop the others. */
const LOAD_MS = 5000

const KINDS = ['browser', 'http', 'json']

/** A loader that remembers: a file that breaks on a reload keeps running as it last was. */
export function scraperLoader(
  toolVersion: string,
  loadMs = LOAD_MS,
): (files: string[], folder: string) => Promise<LoadedFiles> {
  const lastGood = new Map<string, Scheduled[]>()
  return async (files, folder) => {
    const problems: FileProblem[] = []
    const owners = new Map<string, string>()
    const scrapers: Scheduled[] = []
    for (const file of files) {
      const shown = relative(folder, file)
      const loaded = await loadFile(file, toolVersion, loadMs).catch((error: unknown) => {
        problems.push({ file: shown, message: explain(error, shown) })
        return lastGood.get(file) ?? []
      })
      lastGood.set(file, loaded)
      for (const each of loaded) {
        const owner = owners.get(each.scraper.name)
        if (owner !== undefined) {
          const message = `${shown}: the name "${each.scraper.name}" is taken by ${owner}. Choose another name.`
          problems.push({ file: shown, message })
          continue
        }
        owners.set(each.scraper.name, shown)
        scrapers.push(each)
      }
    }
    return { scrapers, problems }
  }
}

async function loadFile(file: string, toolVersion: string, loadMs: number): Promise<Scheduled[]> {
  const source = await readFile(file)
  const version = createHash('sha256').update(source).update(toolVersion).digest('hex').slice(0, 7)
  const jiti = createJiti(file, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    // The very modules of this process: a second copy would have types and errors of its own.
    virtualModules: { weir: engine, 'weir/scrapers': authoring },
  })
  const exported = withinTime(loadMs, () => jiti(file) as { default?: unknown })
  const all = [exported.default].flat()
  if (!all.every(isScraper) || all.length === 0) {
    throw new WeirError('its default export is no scraper.', {
      code: 'WEIR_CONFIG',
      domain: 'user',
      retry: false,
      todo: 'Write export default scraper(...), check(...), collect(...), or an array of them.',
    })
  }
  return all.map((scraper) => ({ scraper, version }))
}

function isScraper(value: unknown): value is Scraper {
  if (value === null || typeof value !== 'object') return false
  const { kind, name, url } = value as Partial<Scraper>
  return KINDS.includes(String(kind)) && typeof name === 'string' && typeof url === 'string'
}

function explain(error: unknown, file: string): string {
  if (error instanceof WeirError) return `${file}: ${error.explain()}`
  if (!(error instanceof Error)) return `${file}: ${String(error)}`
  // The line within the file, where the stack or the message of the parser tells it.
  const line = new RegExp(`${basename(file).replace(/\./g, '\\.')}:(\\d+)`).exec(
    `${error.message}\n${error.stack ?? ''}`,
  )?.[1]
  const [first = ''] = error.message.split('\n')
  return `${file}${line === undefined ? '' : `:${line}`}: ${first.slice(0, 300)}`
}
