/** `GET /v1/runs`: the runs of scrapers, newest first, out of the log. */
import type { Context } from 'hono'
import { OUTCOMES, type Reader, type RunLog } from '../../engine/index.ts'
import { momentMs } from './moment.ts'
import { NO_CONFIG, problem } from './problem.ts'
import { oneOf, readQuery, limitOf } from './query.ts'

export interface RunDeps {
  reader: Reader
  runs: RunLog
  clock: () => number
}

const PAGE = 100
const MAX_PAGE = 1000
const DAY = 86_400_000
const PARAMETERS = ['scraper', 'fleet', 'outcome', 'from', 'to', 'limit', 'before']

export async function listRuns(c: Context, { reader, runs, clock }: RunDeps): Promise<Response> {
  const { values } = readQuery(c.req.url, PARAMETERS)
  const stream = reader.config()?.streams.find(({ name }) => name === 'runs')
  if (stream === undefined) return problem(c, NO_CONFIG)
  const { scraper, fleet, outcome, before } = values
  const now = clock()
  const page = await runs.list(stream, {
    from: values.from === undefined ? now - DAY : momentMs(values.from, 'from', now),
    // Whoever runs a scraper may have a clock that is ahead.
    to: values.to === undefined ? Number.MAX_SAFE_INTEGER : momentMs(values.to, 'to', now),
    limit: limitOf(values.limit, 'runs', PAGE, MAX_PAGE),
    ...(scraper !== undefined && { scraper }),
    ...(fleet !== undefined && { fleet }),
    ...(outcome !== undefined && { outcome: oneOf(outcome, OUTCOMES, 'outcome') }),
    ...(before !== undefined && { before }),
  })
  return c.json({ now, ...page })
}
