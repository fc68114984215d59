/** `/v1/marks`: deploys, as pipelines and people tell of them, for alerts to say whether they began with one. */
import { Hono, type Context } from 'hono'
import { type Deploys, EVERYTHING, type Mark, MAX_MARKS, type Reader, suggest } from '../../engine/index.ts'
import { needsRedis } from './health.ts'
import { BodyLimit, boundedBody } from './body.ts'
import { momentMs } from './moment.ts'
import { bad, readQuery, limitOf } from './query.ts'

export interface MarkDeps {
  reader: Reader
  deploys: Deploys
  clock: () => number
}

const LIMITS = { bodyBytes: 4096, idleMs: 5000 }
const MEMBERS = ['name', 'version', 'at', 'by']
const MAX_TEXT = 80
const PAGE = 50
/** A clock of a pipeline may be ahead by so much, ms. */
const AHEAD = 60_000
const OLDEST = 366 * 86_400_000

/** Mounted at `/v1/marks`. */
export function markRoutes({ reader, deploys, clock }: MarkDeps): Hono {
  const app = new Hono()
  const redisThere = needsRedis(reader)

  app.get('/', redisThere, async (c) => {
    const { values } = readQuery(c.req.url, ['name', 'to', 'limit'])
    const now = clock()
    const to = values.to === undefined ? Number.MAX_SAFE_INTEGER : momentMs(values.to, 'to', now)
    const { name } = values
    const marks = await deploys.marks({
      to,
      limit: limitOf(values.limit, 'marks', PAGE, MAX_MARKS),
      ...(name !== undefined && { name }),
    })
    return c.json({ now, marks })
  })
  app.post('/', redisThere, async (c) => {
    readQuery(c.req.url, [])
    const mark = markOf(await bodyOf(c), clock())
    await deploys.mark(mark)
    return c.json(mark, 201)
  })
  return app
}

async function bodyOf(c: Context): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  try {
    if (c.req.raw.body !== null)
      for await (const chunk of boundedBody(c.req.raw.body, LIMITS)) chunks.push(chunk)
  } catch (error) {
    if (!(error instanceof BodyLimit)) throw error
    throw bad(
      error.kind === 'size' ? `It has more than ${LIMITS.bodyBytes} bytes.` : 'It did not come to its end.',
      'Send one short JSON object.',
      'body',
    )
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw bad('It is no JSON object.', 'Send one such as {"version":"4f2a","by":"ci"}.', 'body')
}

function markOf(body: Record<string, unknown>, now: number): Mark {
  for (const member of Object.keys(body))
    if (!MEMBERS.includes(member)) throw bad('There is no such member.', suggest(member, MEMBERS), member)
  if (body['version'] === undefined) throw bad('It is missing.', 'Say which version was deployed.', 'version')
  const at = body['at'] === undefined ? now : timeOf(body['at'], now)
  return {
    name: textOf(body['name'] ?? EVERYTHING, 'name'),
    version: textOf(body['version'], 'version'),
    at,
    by: textOf(body['by'] ?? 'the API', 'by'),
  }
}

function textOf(value: unknown, member: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= MAX_TEXT && !/\p{Cc}/u.test(value))
    return value
  throw bad('It is no short text.', `Give 1 to ${MAX_TEXT} characters on one line.`, member)
}

function timeOf(value: unknown, now: number): number {
  const at = typeof value === 'number' ? value : typeof value === 'string' ? momentMs(value, 'at', now) : NaN
  if (Number.isInteger(at) && at <= now + AHEAD && at >= now - OLDEST) return at
  throw bad('It is no time of the last year.', 'Give ms since 1970, or an ISO time with zone.', 'at')
}
