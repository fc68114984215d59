/** Blocks of any number of sites as one list, newest first, in pages. Pure. */
import { WeirError } from '../error.ts'
import { compareIds } from '../stream/entry-id.ts'
import type { Block, BlockPage, BlockQuery } from './block.ts'

/** A block with the id of its entry in its site's ledger. */
export interface ListedBlock {
  id: string
  block: Block
}

type Place = [id: string, site: string]

/** The newest first; of one instant by site. */
export function compareBlocks(a: ListedBlock, b: ListedBlock): number {
  return comparePlaces([a.id, a.block.site], [b.id, b.block.site])
}

/** What `query` asks for of a list in that order. Throws WEIR_QUERY where its cursor is none. */
export function pageOf(
  listed: readonly ListedBlock[],
  { site, exit, from, limit, cursor }: BlockQuery,
): Omit<BlockPage, 'complete'> {
  const after = cursor === undefined ? null : placeOf(cursor)
  const found: ListedBlock[] = []
  for (const each of listed) {
    const { id, block } = each
    if (block.at < from) break
    if ((site !== undefined && block.site !== site) || (exit !== undefined && block.exit !== exit)) continue
    if (after !== null && comparePlaces([id, block.site], after) <= 0) continue
    if (found.length === limit) {
      const last = found.at(-1)!
      return { blocks: found.map((one) => one.block), cursor: `${last.id}/${last.block.site}` }
    }
    found.push(each)
  }
  return { blocks: found.map((one) => one.block), cursor: null }
}

function comparePlaces([id, site]: Place, [otherId, otherSite]: Place): number {
  return compareIds(otherId, id) || (site < otherSite ? -1 : site > otherSite ? 1 : 0)
}

function placeOf(cursor: string): Place {
  const [, id, site] = /^(\d{1,15}-\d{1,15})\/(.{1,300})$/s.exec(cursor) ?? []
  if (id !== undefined && site !== undefined) return [id, site]
  throw new WeirError(`${JSON.stringify(cursor.slice(0, 40))} is no cursor.`, {
    code: 'WEIR_QUERY',
    domain: 'user',
    retry: false,
    where: 'cursor',
    todo: 'Give the cursor of the page before, or leave it out.',
  })
}
