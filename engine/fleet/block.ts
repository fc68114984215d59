/** The block ledger: who has turned us away, where, when and until when. Scraper processes write it, the API shows it. */
import type { Outcome } from '../event/run.ts'
import type { Lifted } from './hold.ts'

/** What is known of a block when it happens. */
export interface BlockAbout {
  scraper: string
  /** `direct`, or the name of the proxy. */
  exit: string
  outcome: Extract<Outcome, 'blocked' | 'rate_limited'>
  reason: string
  /** One line of evidence; text of the site, verbatim. */
  detail: string
  url: string
  /** Id of what was kept of it. */
  evidence?: string
}

export interface Block extends BlockAbout {
  site: string
  /** Server time, ms since 1970; and until when the site is left alone. */
  at: number
  until: number
  /** Blocks of the site within a day up to this one. */
  strikes: number
  /** Who ended it before its time; `until` is when. */
  lifted?: Lifted
}

export interface BlockQuery {
  site?: string
  exit?: string
  /** ms since 1970. */
  from: number
  limit: number
  /** Goes on after the last block of a page: its `cursor`. */
  cursor?: string
}

export interface BlockPage {
  /** Newest first. */
  blocks: Block[]
  /** For the next page; null: there is nothing older. */
  cursor: string | null
  /** Whether all ledgers were read; else older blocks are still to come. */
  complete: boolean
}

export interface BlockLedger {
  /** Rejects with WEIR_QUERY where the cursor is none. */
  list(query: BlockQuery): Promise<BlockPage>
  close(): Promise<void>
}

/** Kept of one site; sites kept; for how long, ms; and of all sites together so many can be listed. */
export const BLOCK_LIMITS = { perSite: 200, sites: 10_000, age: 30 * 86_400_000, listed: 20_000 }
const MAX_TEXT = 500

/** As it stands in the ledger. */
export function encodeBlock(about: BlockAbout): string {
  const { detail, url, reason } = about
  return JSON.stringify({
    ...about,
    detail: detail.slice(0, MAX_TEXT),
    url: url.slice(0, MAX_TEXT),
    reason: reason.slice(0, MAX_TEXT),
  })
}

/** An entry of a site's ledger; null where it is none. */
export function decodeBlock(site: string, id: string, fields: readonly string[]): Block | null {
  const value = (name: string): string => {
    const at = fields.indexOf(name)
    return at < 0 ? '' : (fields[at + 1] ?? '')
  }
  try {
    const about = JSON.parse(value('about')) as BlockAbout
    const until = Number(value('until'))
    return { site, at: Number(id.split('-')[0]), until, strikes: Number(value('strikes')), ...about }
  } catch {
    return null
  }
}

/** A block as it is after its site's holds were lifted last. */
export function withLift(block: Block, lifted: Lifted | undefined): Block {
  if (lifted === undefined || lifted.at < block.at || lifted.at >= block.until) return block
  return { ...block, until: lifted.at, lifted }
}
