/** One scraper as the fleet page shows it: everything a team lead asks of it, and why it stands where it does. Pure. */
import {
  originOf,
  type Block,
  type FleetScraper,
  type History,
  type Mark,
  type RecentRun,
} from '../../engine/index.ts'
import { fieldShares, type FieldShare } from './field-share.ts'
import { rankOf, type Rank } from './rank.ts'
import { stripOf, type Strip } from './strip.ts'

export interface FleetRow extends Rank, Strip {
  scraper: string
  fleet: string
  template: string
  kind: FleetScraper['kind']
  host: string
  every: string
  due: number | null
  running: boolean
  paused: FleetScraper['paused']
  fields: FieldShare[]
  /** Open, of its site; the one that ends last. */
  blocked: Pick<Block, 'until' | 'reason' | 'exit'> | null
  version: { name: string; since: number }
  /** The newest mark about it. */
  deploy: Pick<Mark, 'version' | 'at' | 'by'> | null
  /** Whether what is wrong began with a change of ours, in words; null where nothing is wrong or known. */
  origin: string | null
  /** Fields for which a proposal waits to be accepted or refused. */
  proposals: readonly string[]
  /** The newest run that was not right. */
  failure: Pick<RecentRun, 'at' | 'outcome' | 'reason' | 'detail' | 'evidence'> | null
}

export interface RowInput {
  scraper: FleetScraper
  runs: readonly RecentRun[]
  weekOf: (field: string) => FieldShare['week']
  block: Block | null
  /** Newest first. */
  marks: readonly Mark[]
  /** Fields with an open proposal. */
  proposals: readonly string[]
  now: number
}

export function rowOf({ scraper, runs, weekOf, block, marks, proposals, now }: RowInput): FleetRow {
  const { name, fleet, template, kind, host, every, due, running, paused, version, since } = scraper
  const strip = stripOf(runs)
  const fields = fieldShares(scraper.fields, runs, weekOf)
  const rank = rankOf({ scraper, runs, strip, fields, block, proposals, now })
  const failed = runs.findLast((run) => !run.right && run.outcome !== 'skipped')
  const deploy = marks[0]
  return {
    scraper: name,
    fleet,
    template,
    kind,
    host,
    every,
    ...rank,
    ...strip,
    due,
    running: running !== null,
    paused,
    fields,
    blocked: block && { until: block.until, reason: block.reason, exit: block.exit },
    version: { name: version, since },
    deploy: deploy === undefined ? null : { version: deploy.version, at: deploy.at, by: deploy.by },
    origin: null,
    proposals,
    failure: failed === undefined ? null : failureOf(failed),
  }
}

/** As alerts say it. */
export function originWords(
  row: FleetRow,
  marks: readonly Mark[],
  histories: ReadonlyMap<string, History>,
): string | null {
  if (row.since === null) return null
  const about = {
    stream: 'runs',
    group: { scraper: row.scraper, template: row.template, fleet: row.fleet },
    evidence: { partition: 0, from: null, to: null, samples: [] },
    since: row.since,
    window: { name: '', from: row.since, to: row.since },
  }
  return originOf(about, marks, histories)?.words ?? null
}

function failureOf({ at, outcome, reason, detail, evidence }: RecentRun): FleetRow['failure'] {
  return { at, outcome, reason, detail, evidence }
}
