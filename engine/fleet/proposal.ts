/**
 * Proposals: where a lost field could be read from now on. Scraper processes make them, people (or runs that agree)
 * accept or refuse them, and all scraper processes then read by what was accepted.
 */
import { createHash } from 'node:crypto'

/** By a selector, or by a path of the page's structured data such as `Recipe.author.name`. */
export type How = { selector: string } | { path: string }

export const PROPOSAL_STATES = ['open', 'accepted', 'refused'] as const
export type ProposalState = (typeof PROPOSAL_STATES)[number]

/** What one run saw. */
export interface Observed {
  scraper: string
  field: string
  /** Hash of the field as the file declares it: a changed declaration makes all its proposals void. */
  declared: string
  how: How
  /** `auto`: independent sources agreed, and the value is used already. */
  tier: 'auto' | 'propose'
  /** Sources that gave the value, such as `structured data`. */
  sources: string[]
  /** What it reads now, and what the field said last; JSON, cut. */
  value: string
  was: string
  url: string
}

export interface Decision {
  state: 'accepted' | 'refused'
  by: string
  /** Server time, ms. */
  at: number
}

export interface Proposal extends Observed {
  /** `<scraper>~<12 hex digits>`. */
  id: string
  state: ProposalState
  /** Runs in a row that proposed the same. */
  agreed: number
  /** Server time of the first and the newest of them, ms. */
  first: number
  last: number
  decision: Decision | null
}

export interface ProposalQuery {
  scraper?: string
  state?: ProposalState
  /** At most 500. */
  limit: number
}

/** For people. */
export interface ProposalBook {
  /** Newest first. */
  list(query: ProposalQuery): Promise<Proposal[]>
  find(id: string): Promise<Proposal | null>
  /** The last word counts: an accepted one can be refused later. Null where there is no such proposal. */
  decide(id: string, state: Decision['state'], by: string): Promise<Proposal | null>
  close(): Promise<void>
}

export interface Recalled {
  /** What `remember` was given last. */
  lessons: string | null
  proposals: Proposal[]
}

/** For scraper processes. Everything rejects within a second where Redis is away. */
export interface HealMemory {
  recall(scraper: string): Promise<Recalled>
  /** Keeps what good runs taught. Rejects where it is longer than MAX_LESSONS. */
  remember(scraper: string, lessons: string): Promise<void>
  /**
   * Notes what a run saw, and answers how it stands. `enough` runs in a row that see the same accept it, unless a
   * person has said otherwise; 0: only a person can.
   */
  propose(observed: Observed, enough: number): Promise<ProposalState>
  close(): Promise<void>
}

/** Characters, before compression. */
export const MAX_LESSONS = 256 * 1024
/** Of one scraper; the oldest undecided ones go first. */
export const MAX_PROPOSALS = 40
/** Without any news what is known of a scraper is forgotten after so long, ms. */
export const FORGET_MS = 90 * 86_400_000

export function proposalId({ scraper, field, declared, how }: Omit<Observed, 'value' | 'was'>): string {
  const told = JSON.stringify([
    field,
    declared,
    'selector' in how ? how.selector : null,
    'path' in how ? how.path : null,
  ])
  return `${scraper}~${createHash('sha1').update(told).digest('hex').slice(0, 12)}`
}

/** The scraper an id belongs to, or null where it is no id. */
export function scraperOfId(id: string): string | null {
  return /^(.{1,80})~[0-9a-f]{12}$/u.exec(id)?.[1] ?? null
}

/** Proposals of one scraper from its hash. What cannot be read is left out. */
export function proposalsIn(hash: Record<string, string>): Proposal[] {
  return Object.entries(hash).flatMap(([key, text]) => {
    if (!key.startsWith('p:')) return []
    const id = key.slice(2)
    const noted = parsed(text) as Omit<Proposal, 'id' | 'state' | 'decision'> | null
    const decision = parsed(hash[`d:${id}`] ?? 'null') as Decision | null
    return noted === null ? [] : [{ ...noted, id, state: decision?.state ?? 'open', decision }]
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
