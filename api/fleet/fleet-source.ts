/** Everything about the fleet from where it is kept, put together at most every few seconds, whoever asks. */
import {
  type Block,
  type BlockLedger,
  type Deploys,
  EVERYTHING,
  FIELDS_BY_STATE,
  type FleetSchedule,
  type FleetScraper,
  type Mark,
  MAX_MARKS,
  type ProposalBook,
  type Reader,
  type RecentLog,
} from '../../engine/index.ts'
import type { FieldShare } from './field-share.ts'
import { compareRanks } from './rank.ts'
import { originWords, rowOf, type FleetRow } from './row.ts'
import { sharedRead } from './shared-read.ts'

export interface Fleet {
  /** When it was put together, ms since 1970. */
  at: number
  /** Worst first. */
  rows: FleetRow[]
  /** Whether all of the log was read; else older runs are still to come. */
  complete: boolean
}

export interface FleetSource {
  /** Null: no configuration yet. Rejects where Redis is away. */
  read(): Promise<Fleet | null>
}

interface Deps {
  reader: Reader
  schedule: FleetSchedule
  blocks: BlockLedger
  deploys: Deploys
  proposals: ProposalBook
  recent: RecentLog
  clock: () => number
}

const MAX_BLOCKS = 1000
const BLOCKS_SINCE = 2 * 86_400_000
/** Proposals come rarely, and lie beside much else: they are asked for this often, ms. */
const PROPOSALS_FRESH = 15_000
const MAX_PROPOSALS = 500
/** Scrapers of which the origin of what is wrong is looked up. */
const MAX_ORIGINS = 500

export function createFleetSource(deps: Deps): FleetSource {
  const proposed = openProposals(deps)
  return sharedRead(() => gather(deps, proposed, deps.clock()), deps.clock)
}

/** By scraper, the fields that have an open one. */
type Proposed = ReadonlyMap<string, string[]>

function openProposals({ proposals, clock }: Deps): () => Promise<Proposed> {
  let read: { until: number; found: Proposed } | null = null
  return async () => {
    if (read !== null && clock() < read.until) return read.found
    const found = new Map<string, string[]>()
    for (const { scraper, field } of await proposals.list({ state: 'open', limit: MAX_PROPOSALS }))
      found.set(scraper, [...new Set([...(found.get(scraper) ?? []), field])])
    read = { until: clock() + PROPOSALS_FRESH, found }
    return found
  }
}

async function gather(
  { reader, schedule, blocks, deploys, recent }: Deps,
  proposed: () => Promise<Proposed>,
  now: number,
): Promise<Fleet | null> {
  const stream = reader.config()?.streams.find(({ name }) => name === 'runs')
  if (stream === undefined) return null
  const [scrapers, { blocks: open }, marks, proposals, { runs, complete }] = await Promise.all([
    schedule.scrapers(),
    blocks.list({ from: now - BLOCKS_SINCE, limit: MAX_BLOCKS }),
    deploys.marks({ to: Number.MAX_SAFE_INTEGER, limit: MAX_MARKS }),
    proposed(),
    recent.look(stream),
  ])
  const blockOf = longest(open.filter(({ until }) => until > now))
  const marksOf = byName(marks)
  const weeks = weekShares(reader, scrapers)
  const rows = scrapers.map((scraper) =>
    rowOf({
      scraper,
      runs: runs.of(scraper.name),
      weekOf: (field) => weeks.get(`${scraper.name}\n${field}`) ?? null,
      block: blockOf(scraper),
      marks: marksOf(scraper),
      proposals: proposals.get(scraper.name) ?? [],
      now,
    }),
  )
  rows.sort((a, b) => compareRanks(a, b) || (a.scraper < b.scraper ? -1 : 1))
  const wrong = rows.filter(({ since, mood }) => since !== null && mood !== 'good').slice(0, MAX_ORIGINS)
  const histories = await deploys.histories(wrong.map(({ scraper }) => scraper))
  for (const row of wrong) row.origin = originWords(row, marks, histories)
  return { at: now, rows, complete }
}

/** By site, whoever was turned away and by which exit. */
function longest(blocks: readonly Block[]): (scraper: FleetScraper) => Block | null {
  const found = new Map<string, Block>()
  for (const block of blocks)
    if ((found.get(block.site)?.until ?? 0) < block.until) found.set(block.site, block)
  return ({ site }) => found.get(site) ?? null
}

function byName(marks: readonly Mark[]): (scraper: FleetScraper) => Mark[] {
  const found = new Map<string, Mark>()
  // Newest first, so the first of a name is its newest.
  for (const mark of marks) if (!found.has(mark.name)) found.set(mark.name, mark)
  return ({ name, template, fleet }) =>
    [...new Set([EVERYTHING, name, template, fleet])]
      .flatMap((each) => found.get(each) ?? [])
      .toSorted((a, b) => b.at - a.at)
}

/** By scraper and field, out of the longest window that knows it. */
function weekShares(
  reader: Reader,
  scrapers: readonly FleetScraper[],
): Map<string, NonNullable<FieldShare['week']>> {
  const shares = new Map<string, NonNullable<FieldShare['week']>>()
  const windows = reader.config()?.metrics.find(({ name }) => name === FIELDS_BY_STATE.name)?.windows ?? []
  const wanted = scrapers.reduce((sum, { fields }) => sum + fields.length, 0)
  for (const { name: window } of windows.toReversed()) {
    if (shares.size >= wanted) break
    const counts = new Map<string, { found: number; looked: number }>()
    for (const { group, values } of reader.kpis(FIELDS_BY_STATE.name, { window }).rows) {
      const key = `${group['scraper']}\n${group['field']}`
      if (shares.has(key)) continue
      const each = counts.get(key) ?? { found: 0, looked: 0 }
      counts.set(key, each)
      each.looked += values.count ?? 0
      if (FOUND.has(group['state'] ?? '')) each.found += values.count ?? 0
    }
    for (const [key, { found, looked }] of counts)
      if (looked > 0) shares.set(key, { share: found / looked, window })
  }
  return shares
}

const FOUND = new Set(['ok', 'healed', 'absent'])
