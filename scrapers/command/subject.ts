/** What `weir try` visits: a scraper of a file, or an address for which there is none yet. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isLoopback, suggest, usage, WeirError } from '../../engine/index.ts'
import { scraper, text } from '../index.ts'
import { scraperLoader } from '../load/scraper-files.ts'
import type { Scheduled } from '../schedule/schedule.ts'

/** Throws WEIR_USAGE and WEIR_CONFIG. */
export async function subjectOf(target: string, only: string | null, local: boolean): Promise<Scheduled> {
  if (/^https?:\/\//i.test(target)) return { scraper: scraperOf('try', target, local), version: 'try' }
  const file = resolve(target)
  if (!existsSync(file))
    throw usage(
      'weir try',
      `there is no file ${target}`,
      'Give a scraper file, or an address with http:// or https://.',
    )
  const { scrapers, problems } = await scraperLoader('try')([file], dirname(file))
  const [problem] = problems
  if (problem !== undefined)
    throw new WeirError(problem.message, { code: 'WEIR_CONFIG', domain: 'user', retry: false })
  const names = scrapers.map((each) => each.scraper.name)
  const chosen = only === null ? scrapers : scrapers.filter((each) => each.scraper.name === only)
  if (only !== null && chosen.length === 0)
    throw usage('weir try', `${target} has no scraper "${only}"`, suggest(only, names))
  const [first] = chosen
  if (chosen.length !== 1 || first === undefined)
    throw usage(
      'weir try',
      `${target} has ${chosen.length} scrapers`,
      `Add --only NAME: ${names.slice(0, 20).join(', ')}.`,
    )
  return first
}

/** A visitor of any page: it wants nothing, so the outcome says what the network and the site said. */
export function scraperOf(name: string, url: string, local: boolean): ReturnType<typeof scraper> {
  const own = URL.canParse(url) && isLoopback(new URL(url).hostname)
  return scraper(name, {
    visit: url,
    every: '1h',
    local: local || own,
    read: { title: text('title', { optional: true }), heading: text('h1', { optional: true }) },
    optionalShare: 1,
  })
}
