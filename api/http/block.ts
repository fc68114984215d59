/** `GET /v1/blocks`: who has turned us away, where, when and until when. */
import type { Context } from 'hono'
import type { BlockLedger } from '../../engine/index.ts'
import { momentMs } from './moment.ts'
import { readQuery, limitOf } from './query.ts'

export interface BlockDeps {
  blocks: BlockLedger
  clock: () => number
}

const PAGE = 100
const MAX_PAGE = 1000
const DAY = 86_400_000

export async function listBlocks(c: Context, { blocks, clock }: BlockDeps): Promise<Response> {
  const { values } = readQuery(c.req.url, ['site', 'exit', 'from', 'limit', 'cursor'])
  const { site, exit, from, cursor } = values
  const now = clock()
  const page = await blocks.list({
    from: from === undefined ? now - DAY : momentMs(from, 'from', now),
    limit: limitOf(values.limit, 'blocks', PAGE, MAX_PAGE),
    ...(site !== undefined && { site }),
    ...(exit !== undefined && { exit }),
    ...(cursor !== undefined && { cursor }),
  })
  return c.json({ now, ...page, blocks: page.blocks.map((block) => ({ ...block, open: block.until > now })) })
}
