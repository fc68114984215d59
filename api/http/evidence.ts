/** `/v1/evidence`: what was kept of failures. Pictures and pages come from strangers: nothing of them runs here. */
import { Hono, type Context } from 'hono'
import type { Evidence, EvidenceStore, Reader } from '../../engine/index.ts'
import { needsRedis } from './health.ts'
import { INERT } from './inert.ts'
import { problem, type Problem } from './problem.ts'
import { readQuery, limitOf } from './query.ts'

export interface EvidenceDeps {
  reader: Reader
  evidence: EvidenceStore
}

/** Where parts of one are; null where there is no such part. */
export interface EvidenceAnswer extends Evidence {
  links: { screenshot: string | null; html: string | null }
}

const PAGE = 50
const MAX_PAGE = 200

const GONE: Problem = {
  status: 404,
  title: 'No such evidence',
  detail:
    'There is no such evidence, or not any more: it is kept for some days, and newer ones push older ones out.',
  todo: 'List what there is at /v1/evidence.',
}

/** Mounted at `/v1/evidence`. */
export function evidenceRoutes({ reader, evidence }: EvidenceDeps): Hono {
  const app = new Hono()
  const redisThere = needsRedis(reader)
  const id = (c: Context): string => c.req.param('id') ?? ''

  app.get('/', redisThere, async (c) => {
    const { values } = readQuery(c.req.url, ['scraper', 'fingerprint', 'limit'])
    const { scraper, fingerprint } = values
    const found = await evidence.list({
      limit: limitOf(values.limit, 'failures', PAGE, MAX_PAGE),
      ...(scraper !== undefined && { scraper }),
      ...(fingerprint !== undefined && { fingerprint }),
    })
    return c.json({ evidence: found.map(answerOf) })
  })
  app.get('/:id', redisThere, async (c) => {
    readQuery(c.req.url, [])
    const found = await evidence.find(id(c))
    return found === null ? problem(c, GONE) : c.json(answerOf(found))
  })
  app.get('/:id/screenshot', redisThere, async (c) => {
    readQuery(c.req.url, [])
    return send(c, await evidence.screenshot(id(c)), 'image/webp', `${id(c)}.webp`)
  })
  app.get('/:id/html', redisThere, async (c) => {
    readQuery(c.req.url, [])
    return send(c, await evidence.html(id(c)), 'text/plain; charset=utf-8', `${id(c)}.html.txt`)
  })
  return app
}

function send(c: Context, body: Buffer | null, type: string, name: string): Response {
  if (body === null) return problem(c, GONE)
  const headers = { ...INERT, 'content-type': type, 'content-disposition': `inline; filename="${name}"` }
  return c.body(new Uint8Array(body), 200, headers)
}

function answerOf(found: Evidence): EvidenceAnswer {
  const path = `/v1/evidence/${found.id}`
  const links = {
    screenshot: found.screenshot === null ? null : `${path}/screenshot`,
    html: found.html === null ? null : `${path}/html`,
  }
  return { ...found, links }
}
