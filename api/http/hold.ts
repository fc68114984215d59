/** `/v1/holds`: sites that are left alone, and until when; people may end that. */
import { Hono } from 'hono'
import { type Holds, MAX_HOLDS, type Reader } from '../../engine/index.ts'
import { needsRedis } from './health.ts'
import { problem, type Problem } from './problem.ts'
import { limitOf, readQuery } from './query.ts'
import { byOf } from './scraper.ts'

export interface HoldDeps {
  reader: Reader
  holds: Holds
  clock: () => number
}

const PAGE = 100

/** Mounted at `/v1/holds`. */
export function holdRoutes({ reader, holds, clock }: HoldDeps): Hono {
  const app = new Hono()
  const redisThere = needsRedis(reader)

  app.get('/', redisThere, async (c) => {
    const { site, limit } = readQuery(c.req.url, ['site', 'limit']).values
    const most = limitOf(limit, 'holds', PAGE, MAX_HOLDS)
    return c.json({
      now: clock(),
      holds: await holds.list({ limit: most, ...(site !== undefined && { site }) }),
    })
  })
  app.post('/:site/lift', redisThere, async (c) => {
    const lifted = await holds.lift(c.req.param('site'), byOf(c))
    return lifted === null ? problem(c, NOT_HELD) : c.json(lifted)
  })
  return app
}

const NOT_HELD: Problem = {
  status: 404,
  title: 'Not held',
  detail: 'No site of this name is left alone now.',
  todo: 'List those that are at /v1/holds; a scraper whose option `site` names one is held under that name.',
}
