/** `weir try`: one visit of a scraper or an address, and everything that came of it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { isDeepStrictEqual, styleText } from 'node:util'
import type { Page } from 'puppeteer-core'
import {
  type CommandWorld,
  exitCode,
  PROCESS,
  printable,
  printableJson,
  RIGHT,
  usage,
} from '../../engine/index.ts'
import {
  fixtureFolder,
  fixtureOf,
  freeLabel,
  isTaken,
  readFixture,
  writeFixture,
} from '../fixture/fixture.ts'
import { privateSelectors } from '../evidence/capture.ts'
import { recordPage } from '../fixture/record.ts'
import { replay } from '../fixture/replay.ts'
import { type Trial, trial } from '../fixture/trial.ts'
import type { Scraper } from '../index.ts'
import { recordSignals } from '../outcome/recorded.ts'
import type { RawSuggestions } from '../suggest/in-page-suggest.ts'
import { lookForSuggestions } from '../suggest/look.ts'
import { type Suggestion, suggest } from '../suggest/suggest.ts'
import { publicValues } from '../read/interpret.ts'
import { takeHand } from './hand.ts'
import { shareable } from './shareable.ts'
import { subjectOf } from './subject.ts'
import { TRY_USAGE, type TryOptions, tryOptions } from './try-options.ts'
import { type Paint, suggestionWords, tryWords } from './try-words.ts'

const PICTURES = '.weir/try'

/** Runs the command with the words after `try`; resolves to the exit code. */
export function run(argv: string[], world: CommandWorld = PROCESS): Promise<number> {
  return exitCode(world, async () => {
    const options = tryOptions(argv)
    if (options !== null) return attempt(options, world)
    world.out(TRY_USAGE)
    return 0
  })
}

/** What was taken of the page while it was open. */
interface Taken {
  screenshot: Buffer | null
  html: string | null
  raw: RawSuggestions | null
}

async function attempt(options: TryOptions, world: CommandWorld): Promise<number> {
  const { scraper, version } = await subjectOf(options.target, options.only, options.local)
  const isPage = scraper.kind === 'browser'
  const byAddress = /^https?:\/\//i.test(options.target)
  if (options.save !== null && (byAddress || !isPage))
    throw usage(
      'weir try',
      'only pages of a scraper file are kept',
      'Leave --save out, or: weir new scraper NAME URL',
    )
  if (options.save && !options.replace && isTaken(fixtureFolder(resolve(options.target)), options.save))
    throw usage(
      'weir try',
      `there is a fixture "${options.save}" already`,
      'Take another label, or add --replace.',
    )
  const hand = await takeHand(world, isPage)
  try {
    const taken: Taken = { screenshot: null, html: null, raw: null }
    const look = async (page: Page): Promise<void> => {
      // The picture first: what comes after it changes the page.
      taken.screenshot = Buffer.from(await page.screenshot({ type: 'webp', quality: 80 }))
      if (byAddress) taken.raw = await lookForSuggestions(page)
      if (options.save !== null && isPage) taken.html = await recordPage(page, privateSelectors(scraper.read))
    }
    const done = await trial(recordable(scraper, options), version, { ...hand, look })
    const picture =
      taken.screenshot &&
      savePicture(taken.screenshot, options.screenshot ?? `${PICTURES}/${scraper.name}.webp`)
    const saved = options.save === null ? null : await save(scraper, done, taken.html, options)
    const suggestion = taken.raw && suggest(taken.raw)
    if (options.signals) world.out(`${recordSignals(shareable(scraper, done.signals))}\n`)
    else if (options.json) world.out(`${printableJson(asJson(scraper, done, picture, saved, suggestion))}\n`)
    else tell(scraper, done, picture, saved, suggestion, world)
    return RIGHT.includes(done.event.outcome) ? 0 : 1
  } finally {
    await hand.close()
  }
}

/** What a scraper without a browser reads is the page as it is sent: to be kept, it is opened with its scripts off. */
function recordable(scraper: Scraper, { save }: TryOptions): Scraper {
  const raw = save !== null && scraper.kind === 'browser' && scraper.with === 'http'
  return raw ? { ...scraper, with: 'browser', scripts: false } : scraper
}

function savePicture(image: Buffer, path: string): string {
  mkdirSync(dirname(resolve(path)), { recursive: true })
  writeFileSync(path, image)
  return path
}

interface Saved {
  files: string[]
  /** The recorded page is read as the live one was. */
  same: boolean
}

/** Null where no page came that could be kept. */
async function save(
  scraper: Scraper,
  { event, signals }: Trial,
  html: string | null,
  { target, save: label, replace }: TryOptions,
): Promise<Saved | null> {
  if (html === null || scraper.kind !== 'browser') return null
  const folder = fixtureFolder(resolve(target))
  const named = label || freeLabel(folder, event.outcome)
  const fixture = fixtureOf(named, scraper, event, signals, html)
  const files = writeFixture(folder, fixture, replace).map((file) => relative('', file))
  const again = await replay(scraper, readFixture(folder, fixture.label))
  return { files, same: isDeepStrictEqual(again, fixture.expect) }
}

function asJson(
  scraper: Scraper,
  { event, signals, rows }: Trial,
  screenshot: string | null,
  saved: Saved | null,
  suggestion: Suggestion | null,
): object {
  const { landmarks, timings, title, finalUrl } = signals
  const values = scraper.kind === 'browser' ? publicValues(scraper.read, signals.fields) : {}
  const fields = Object.entries(signals.fields).map(([name, { state, source, matches, note }]) => {
    return { name, state, value: values[name], source, matches, note }
  })
  return {
    event,
    title,
    finalUrl,
    landmarks,
    fields,
    timings,
    rows: rows.length,
    screenshot,
    saved,
    suggestion,
  }
}

function tell(
  scraper: Scraper,
  { event, signals, rows }: Trial,
  picture: string | null,
  saved: Saved | null,
  suggestion: Suggestion | null,
  world: CommandWorld,
): void {
  const paint = painter(world)
  const lines = [
    tryWords(scraper, event, signals, paint),
    ...(suggestion === null ? [] : suggestionWords(suggestion, paint)),
    ...rows
      .slice(0, 5)
      .map(({ stream, row }) => `${paint('dim', stream)}  ${printable(JSON.stringify(row), 200)}`),
    ...(rows.length > 5 ? [`and ${rows.length - 5} more events`] : []),
    ...(picture === null ? [] : [`${paint('dim', 'picture')}  ${printable(picture)}`]),
    ...(saved === null ? [] : [`${paint('dim', 'kept')}  ${saved.files.join(', ')}`]),
    ...(saved?.same === false
      ? [
          paint(
            'yellow',
            'The recorded page is not read as the live one was: it needs what was left out of it, such as its scripts.',
          ),
        ]
      : []),
  ]
  world.out(`${lines.join('\n')}\n`)
}

/** Colours only where a person looks, and none where they are not wanted. */
function painter({ env }: CommandWorld): Paint {
  const coloured = process.stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return (colour, text) => (coloured ? styleText(colour, text) : text)
}
