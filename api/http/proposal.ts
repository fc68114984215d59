/** `/v1/proposals`: where lost fields could be read from now on; accept one, or refuse it. */
import { Hono, type Context } from 'hono'
import { PROPOSAL_STATES, type Proposal, type ProposalBook, type Reader } from '../../engine/index.ts'
import { needsRedis } from './health.ts'
import { problem, type Problem } from './problem.ts'
import { oneOf, readQuery, limitOf } from './query.ts'
import { byOf } from './scraper.ts'

export interface ProposalDeps {
  reader: Reader
  proposals: ProposalBook
}

const PAGE = 100
const MAX_PAGE = 500

const GONE: Problem = {
  status: 404,
  title: 'No such proposal',
  detail: 'There is no such proposal, or not any more: newer ones of the same scraper push older ones out.',
  todo: 'List what there is at /v1/proposals.',
}

/** Mounted at `/v1/proposals`. Values and selectors come from strangers' pages; as JSON they are harmless. */
export function proposalRoutes({ reader, proposals }: ProposalDeps): Hono {
  const app = new Hono()
  const redisThere = needsRedis(reader)
  const id = (c: Context): string => c.req.param('id') ?? ''

  app.get('/', redisThere, async (c) => {
    const { values } = readQuery(c.req.url, ['scraper', 'state', 'limit'])
    const { scraper } = values
    const state = values.state === undefined ? undefined : oneOf(values.state, PROPOSAL_STATES, 'state')
    const found = await proposals.list({
      limit: limitOf(values.limit, 'proposals', PAGE, MAX_PAGE),
      ...(scraper !== undefined && { scraper }),
      ...(state !== undefined && { state }),
    })
    return c.json({ proposals: found })
  })
  app.get('/:id', redisThere, async (c) => {
    readQuery(c.req.url, [])
    return answer(c, await proposals.find(id(c)))
  })
  app.post('/:id/accept', redisThere, async (c) =>
    answer(c, await proposals.decide(id(c), 'accepted', byOf(c))),
  )
  app.post('/:id/refuse', redisThere, async (c) =>
    answer(c, await proposals.decide(id(c), 'refused', byOf(c))),
  )
  return app
}

function answer(c: Context, found: Proposal | null): Response {
  return found === null ? problem(c, GONE) : c.json(found)
}
