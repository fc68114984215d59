/** `weir new scraper`: a scraper's file with its fixture and test, from one polite look at the page. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'puppeteer-core'
import {
  type CommandWorld,
  exitCode,
  isLoopback,
  loadConfig,
  PROCESS,
  printable,
  usage,
} from '../../engine/index.ts'
import { requireName, targetUrl } from '../define/refuse.ts'
import { fixtureFolder, writeFixture } from '../fixture/fixture.ts'
import { recordPage } from '../fixture/record.ts'
import { replay } from '../fixture/replay.ts'
import { type Trial, trial } from '../fixture/trial.ts'
import { tellingHeaders } from '../evidence/header.ts'
import { lookForSuggestions } from '../suggest/look.ts'
import { scraperSource, testSource } from '../suggest/source.ts'
import { type Suggestion, suggest } from '../suggest/suggest.ts'
import { configPath, takeHand } from './hand.ts'
import { scraperOf, subjectOf } from './subject.ts'

const USAGE = `weir new scraper NAME URL [options]

Writes NAME.ts, NAME.browser.test.ts and NAME.fixtures/ok.{html,json}: what the page could be known by and what could be read
there, from one visit. Nothing that is there already is overwritten.

  --dir DIR      where; by default where the config's scrapers are, else ./sites
  --no-visit     the page is not visited: the file has examples, and there is no fixture and no test

Exit code 0: written, 1: not, 2: wrong usage.
`

interface NewOptions {
  name: string
  url: string
  dir: string | null
  visit: boolean
}

/** Runs the command with the words after `new`; resolves to the exit code. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const options = newOptions(argv)
    if (options !== null) return write(options, world)
    world.out(USAGE)
    return 0
  })
}

function newOptions(argv: string[]): NewOptions | null {
  const todo = 'Say: weir new scraper NAME URL'
  let parsed
  try {
    parsed = parseArgs({
      args: argv,
      options: {
        dir: { type: 'string' },
        'no-visit': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
  } catch (error) {
    throw usage('weir new', (error as Error).message, todo)
  }
  const { values, positionals } = parsed
  if (values.help === true) return null
  const [what, name, url, ...more] = positionals
  if (what !== 'scraper' || name === undefined || url === undefined || more.length > 0)
    throw usage('weir new', 'it takes the word scraper, a name and an address', todo)
  requireName('scraper', name)
  if (!/^[\w.-]+$/.test(name))
    throw usage(
      'weir new',
      `"${name}" is no name of a file`,
      'Use a-z, 0-9, "_" and "-", such as north-bank.',
    )
  const visit = values['no-visit'] !== true
  return { name, url: targetUrl(url, 'URL').href, dir: values.dir ?? null, visit }
}

async function write({ name, url, dir, visit }: NewOptions, world: CommandWorld): Promise<number> {
  const folder = resolve(dir ?? (await folderOf(world.env)))
  const file = join(folder, `${name}.ts`)
  const test = join(folder, `${name}.browser.test.ts`)
  for (const each of [file, test, fixtureFolder(file)])
    if (existsSync(each))
      throw usage('weir new', `${relative('', each)} is there already`, 'Take another name, or move it away.')
  const seen = visit ? await look(name, url, world) : null
  const suggestion = seen?.suggestion ?? null
  const local = isLoopback(new URL(url).hostname)
  mkdirSync(folder, { recursive: true })
  // `wx`: also what appeared a moment ago is not overwritten.
  const source = scraperSource({ name, url, local, suggestion, file: relative('', file) })
  writeFileSync(file, source, { flag: 'wx' })
  const written = [file]
  if (seen?.html) written.push(...(await recordFirst(file, seen)))
  if (written.length > 1) {
    writeFileSync(test, testSource(name, `${name}.ts`), { flag: 'wx' })
    written.push(test)
  }
  world.out(
    `${words(
      seen,
      written.map((each) => relative('', each)),
    )}\n`,
  )
  return 0
}

interface Seen {
  trial: Trial
  suggestion: Suggestion | null
  html: string | null
}

/** One visit, within the limits that all keep. */
async function look(name: string, url: string, world: CommandWorld): Promise<Seen> {
  const visitor = scraperOf(name, url, false)
  const hand = await takeHand(world, true)
  try {
    let suggestion: Suggestion | null = null
    let html: string | null = null
    const taken = async (page: Page): Promise<void> => {
      suggestion = suggest(await lookForSuggestions(page))
      html = await recordPage(
        page,
        suggestion.fields.flatMap(({ hide }) => (hide === undefined ? [] : [{ selector: hide }])),
      )
    }
    const done = await trial(visitor, 'new', { ...hand, look: taken })
    // A page that blocks or is down says nothing about the one that is wanted.
    const good = done.event.outcome === 'ok'
    return { trial: done, suggestion: good ? suggestion : null, html: good ? html : null }
  } finally {
    await hand.close()
  }
}

/** The fixture holds what the new scraper reads, which is what its test will ask for. */
async function recordFirst(file: string, { trial: { signals, event }, html }: Seen): Promise<string[]> {
  const { scraper } = await subjectOf(file, null, false)
  if (scraper.kind !== 'browser' || html === null) return []
  const page = {
    label: 'ok',
    url: signals.url,
    finalUrl: signals.finalUrl ?? signals.url,
    status: signals.main?.status ?? 200,
    headers: tellingHeaders(signals.main?.headers ?? {}),
    at: new Date(event.at).toISOString(),
    html,
  }
  const nothing = {
    outcome: event.outcome,
    reason: '',
    values: {},
    missing: [],
    empty: [],
    invalid: [],
    absent: [],
  }
  const expect = await replay(scraper, { ...page, expect: nothing })
  return writeFixture(fixtureFolder(file), { ...page, label: expect.outcome, expect }, false)
}

/** Folder of the config's first scrapers, up to the first sign of a pattern. */
async function folderOf(env: CommandWorld['env']): Promise<string> {
  const path = configPath(env)
  if (!existsSync(path)) return 'sites'
  const { scrapers } = await loadConfig(path, env)
  const [glob] = scrapers
  if (glob === undefined) return 'sites'
  return resolve(dirname(resolve(path)), glob.replace(/[^/]*[*?{].*$/s, '').replace(/[^/]*\.[cm]?[jt]s$/, ''))
}

function words(seen: Seen | null, written: string[]): string {
  const event = seen?.trial.event
  const said =
    event === undefined
      ? []
      : event.outcome === 'ok'
        ? []
        : [
            `The page could not be looked at: ${event.outcome} ${event.reason}. ${printable(event.detail, 300)}`,
            'The file has examples instead.',
          ]
  return [
    ...said,
    ...(seen?.suggestion?.fields ?? []).map(({ name, seen: value }) => `  ${name}: ${printable(value, 80)}`),
    ...written.map((each) => `written  ${each}`),
    `Next: weir try ${written[0]}, and weir check once the config's scrapers name it.`,
  ].join('\n')
}
