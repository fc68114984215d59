/** `/v1/answers`: what APIs answered our collectors, as received. It comes from strangers: nothing of it runs here. */
import { Hono } from 'hono'
import { ANSWER_LIMITS, type AnswerStore, type Reader } from '../../engine/index.ts'
import { needsRedis } from './health.ts'
import { INERT } from './inert.ts'
import { problem, type Problem } from './problem.ts'
import { bad, limitOf, readQuery } from './query.ts'

export interface AnswerDeps {
  reader: Reader
  answers: AnswerStore
}

const PAGE = 20

const GONE: Problem = {
  status: 404,
  title: 'No such answer',
  detail: 'There is no such answer, or not any more: of each collector the newest few are kept, for a week.',
  todo: 'List what there is at /v1/answers?scraper=NAME.',
}

/** Mounted at `/v1/answers`. */
export function answerRoutes({ reader, answers }: AnswerDeps): Hono {
  const app = new Hono()
  const redisThere = needsRedis(reader)

  app.get('/', redisThere, async (c) => {
    const { values } = readQuery(c.req.url, ['scraper', 'limit', 'cursor'])
    const { scraper, cursor } = values
    const limit = limitOf(values.limit, 'answers', PAGE, ANSWER_LIMITS.newest)
    if (scraper === undefined || scraper === '')
      throw bad('No collector is named.', 'Ask with ?scraper=NAME.', 'scraper')
    if (cursor !== undefined && !/^\d{1,15}-\d{1,10}$/.test(cursor))
      throw bad('It is no cursor.', 'Give the cursor of the page before, or leave it out.', 'cursor')
    const found = await answers.list(scraper, limit + 1, cursor)
    const kept = found.slice(0, limit)
    const path = `/v1/answers/${encodeURIComponent(scraper)}`
    return c.json({
      answers: kept.map((one) => ({ ...one, link: `${path}/${one.id}` })),
      cursor: found.length > limit ? kept.at(-1)!.id : null,
    })
  })
  app.get('/:scraper/:id', redisThere, async (c) => {
    readQuery(c.req.url, [])
    const { scraper, id } = c.req.param()
    const body = await answers.body(scraper, id)
    if (body === null) return problem(c, GONE)
    return c.body(new Uint8Array(body), 200, { ...INERT, 'content-type': 'text/plain; charset=utf-8' })
  })
  return app
}
