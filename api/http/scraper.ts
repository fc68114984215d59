/** `/v1/scrapers`: what scrapers exist, when they run and who runs them; pause, resume, and a run now. */
import { Hono, type Context } from 'hono'
import type { FleetSchedule, FleetScraper, Reader } from '../../engine/index.ts'
import { needsRedis } from './health.ts'
import { problem, type Problem } from './problem.ts'
import { bad, oneOf, readQuery, limitOf } from './query.ts'

export interface ScraperDeps {
  reader: Reader
  schedule: FleetSchedule
}

const PAGE = 500
const MAX_PAGE = 5000
const MAX_BY = 80

/** Mounted at `/v1/scrapers`. */
export function scraperRoutes({ reader, schedule }: ScraperDeps): Hono {
  const app = new Hono()
  const redisThere = needsRedis(reader)
  const name = (c: Context): string => c.req.param('name') ?? ''

  app.get('/', redisThere, async (c) => {
    const { values } = readQuery(c.req.url, ['fleet', 'host', 'paused', 'cursor', 'limit'])
    const { fleet, host, cursor } = values
    const paused =
      values.paused === undefined ? null : oneOf(values.paused, ['true', 'false'], 'paused') === 'true'
    const limit = limitOf(values.limit, 'scrapers', PAGE, MAX_PAGE)
    const [all, workers, pressure] = await Promise.all([
      schedule.scrapers(),
      schedule.workers(),
      schedule.pressure(),
    ])
    const found = all.filter(
      (one) =>
        (fleet === undefined || one.fleet === fleet) &&
        (host === undefined || one.host === host) &&
        (paused === null || (one.paused !== null) === paused),
    )
    const rest = cursor === undefined ? found : found.filter((one) => one.name > cursor)
    const scrapers = rest.slice(0, limit)
    const next = rest.length > limit ? scrapers.at(-1)!.name : null
    return c.json({ scrapers, total: found.length, cursor: next, workers, pressure })
  })
  app.get('/:name', redisThere, async (c) => {
    readQuery(c.req.url, [])
    const [found] = await schedule.scrapers(name(c))
    return answer(c, found ?? null)
  })
  app.post('/:name/pause', redisThere, async (c) => answer(c, await schedule.pause(name(c), byOf(c))))
  app.post('/:name/resume', redisThere, async (c) => {
    readQuery(c.req.url, [])
    return answer(c, await schedule.resume(name(c)))
  })
  app.post('/:name/run', redisThere, async (c) => answer(c, await schedule.run(name(c), byOf(c)), 202))
  return app
}

const UNKNOWN: Problem = {
  status: 404,
  title: 'No such scraper',
  detail: 'No scraper process has loaded a scraper, check or collector of this name within the last day.',
  todo: 'List what there is at /v1/scrapers.',
}

function answer(c: Context, found: FleetScraper | null, status: 200 | 202 = 200): Response {
  return found === null ? problem(c, UNKNOWN) : c.json(found, status)
}

/** Who asks, for others to read. */
export function byOf(c: Context): string {
  const by = readQuery(c.req.url, ['by']).values.by ?? 'the API'
  if (by.length > 0 && by.length <= MAX_BY && !/\p{Cc}/u.test(by)) return by
  throw bad('This is no name of somebody.', `Give 1 to ${MAX_BY} characters on one line.`, 'by')
}
