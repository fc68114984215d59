/** Healing around a visit: reads by what was accepted, looks for what is lost, and learns from what was read well. */
import {
  type HealMemory,
  type Observed,
  type Proposal,
  type Recalled,
  proposalId,
} from '../../engine/index.ts'
import type { BrowserScraper } from '../define/scraper.ts'
import { withinTime } from '../define/within-time.ts'
import { judge } from '../outcome/judge.ts'
import type { FieldResult, Signals } from '../outcome/signals.ts'
import type { ReaderMap } from '../read/field.ts'
import { type Finding, find } from './find.ts'
import type { Lesson } from './learn.ts'
import {
  type Healable,
  type Html,
  type Lessons,
  type Look,
  declaredHash,
  healable,
  lessonOn,
  readLessons,
  shortened,
} from './lessons.ts'
import { type PageIndex, indexPage } from './page-index.ts'
import { readBy } from './read-by.ts'
import { review } from './review.ts'

export interface Healing {
  /** Reads by accepted selectors where its own find nothing. */
  scraper: BrowserScraper
  /** Looks for lost fields. Changes the signals. Never rejects. */
  mend(html: Html, signals: Signals): Promise<void>
  /** Learns from a run that is right, and doubts what structured data contradicts. Changes the signals. Never rejects. */
  learn(html: Html, signals: Signals): Promise<void>
}

export interface Healer {
  /** Never rejects: what cannot be recalled now is not healed now. */
  begin(scraper: BrowserScraper): Promise<Healing>
}

/** For processes that remember nothing. */
export const unhealed: Healer = {
  begin: async (scraper) => ({ scraper, mend: async () => undefined, learn: async () => undefined }),
}

/** Runs in a row that see the same accept a proposal for which two sources spoke. */
const ENOUGH_RUNS = 3

/** Longest time for one page, ms: nothing else runs in this process meanwhile. */
const LOOK_MS = 2000
/** For so long pages of a scraper are left alone after one that took longer, ms. */
const REST_MS = 10 * 60_000

export interface HealerOptions {
  now: () => number
  /** Told why a page was not looked at. */
  gaveUp?: (scraper: string, err: unknown) => void
  /** Longest time for one page, ms. */
  limit?: number
}

export function createHealer(
  memory: HealMemory,
  { now, gaveUp = () => undefined, limit = LOOK_MS }: HealerOptions,
): Healer {
  /** When a page of a scraper was given up last, ms since 1970. */
  const resting = new Map<string, number>()
  const looking =
    (scraper: string, html: Html): Look =>
    async (work) => {
      const since = resting.get(scraper)
      if (since !== undefined && now() - since < REST_MS) return null
      resting.delete(scraper)
      const source = await html()
      if (source === null) return null
      try {
        return withinTime(limit, () => work(indexPage(source)))
      } catch (err) {
        resting.set(scraper, now())
        gaveUp(scraper, err)
        return null
      }
    }
  return {
    async begin(scraper) {
      if (!scraper.heal) return unhealed.begin(scraper)
      const nothing: Recalled = { lessons: null, proposals: [] }
      const recalled = await memory.recall(scraper.name).catch(() => nothing)
      const lessons = readLessons(recalled.lessons)
      const accepted = acceptedFor(scraper, recalled.proposals)
      return {
        scraper: { ...scraper, read: withAccepted(scraper.read, accepted) },
        mend: (html, signals) =>
          mend(scraper, lessons, accepted, memory, looking(scraper.name, html), signals).catch(
            () => undefined,
          ),
        learn: (html, signals) =>
          review(scraper, lessons, memory, looking(scraper.name, html), signals, now()).catch(
            () => undefined,
          ),
      }
    },
  }
}

/** Per field the proposal to read by, the newest decision first; for fields as they are declared now only. */
function acceptedFor({ read }: BrowserScraper, proposals: Proposal[]): Map<string, Proposal> {
  const accepted = new Map<string, Proposal>()
  const decided = proposals.filter(({ state }) => state === 'accepted')
  for (const each of decided.toSorted((a, b) => a.decision!.at - b.decision!.at)) {
    const spec = healable(read).find(([name]) => name === each.field)?.[1]
    if (spec && declaredHash(spec) === each.declared) accepted.set(each.field, each)
  }
  return accepted
}

function withAccepted(read: ReaderMap, accepted: Map<string, Proposal>): ReaderMap {
  const changed = healable(read).flatMap(([name, spec]): [string, Healable][] => {
    const how = accepted.get(name)?.how
    return how && 'selector' in how ? [[name, { ...spec, or: [...(spec.or ?? []), how.selector] }]] : []
  })
  return { ...read, ...Object.fromEntries(changed) }
}

async function mend(
  scraper: BrowserScraper,
  lessons: Lessons,
  accepted: Map<string, Proposal>,
  memory: HealMemory,
  look: Look,
  signals: Signals,
): Promise<void> {
  const { fields } = signals
  for (const [name, { how, decision }] of accepted) {
    const field = fields[name]
    if (field && 'selector' in how && field.by === how.selector)
      fields[name] = {
        ...field,
        source: 'proposal',
        note: `read by "${how.selector}", accepted by ${decision!.by}`,
      }
  }
  const lost = healable(scraper.read).filter(([name]) => fields[name]?.state === 'missing')
  if (lost.length === 0 || !isThePage(signals)) return
  if (!lost.some(([name, spec]) => accepted.has(name) || lessonOn(lessons, name, spec))) return
  const looked = await look((page) =>
    lost.map(([name, spec]) => {
      const proposal = accepted.get(name)
      const known = proposal ? readBy(spec, proposal.how, page) : null
      return { name, spec, proposal, known, sought: known ? null : seek(name, spec, lessons, page) }
    }),
  )
  for (const { name, spec, proposal, known, sought } of looked ?? []) {
    const healed = known
      ? marked(known, proposal!.how, 'proposal', `accepted by ${proposal!.decision!.by}`)
      : sought && (await propose(scraper, name, spec, sought, memory, signals))
    if (healed) fields[name] = { ...fields[name]!, ...healed }
  }
}

/** Only of the right page, which answered well, a lost field is looked for. */
function isThePage(signals: Signals): boolean {
  const { outcome, reason } = judge(signals)
  return outcome === 'layout_changed'
    ? reason === 'selector'
    : ['ok', 'partial', 'absent', 'invalid_data'].includes(outcome)
}

interface Sought {
  lesson: Lesson
  finding: Finding
  result: FieldResult
}

function seek(name: string, spec: Healable, lessons: Lessons, page: PageIndex): Sought | null {
  const lesson = lessonOn(lessons, name, spec)
  const finding = lesson && find(spec, lesson, page)
  const result = finding && readBy(spec, finding.how, page)
  return lesson && finding && result ? { lesson, finding, result } : null
}

async function propose(
  scraper: BrowserScraper,
  name: string,
  spec: Healable,
  { lesson, finding, result }: Sought,
  memory: HealMemory,
  signals: Signals,
): Promise<Partial<FieldResult>> {
  const seen = observed(scraper, name, spec, lesson, finding, result, signals)
  const state = await memory.propose(seen, enoughFor(finding))
  const id = proposalId(seen)
  if (state === 'refused') return { note: `${signals.fields[name]!.note}; proposal ${id} was refused` }
  if (finding.tier === 'auto')
    return marked(result, finding.how, finding.sources.join(', '), `by ${finding.sources.join(' and ')}`)
  return { note: `${signals.fields[name]!.note}; proposal ${id} waits` }
}

/** Of what one source alone gave, or nobody can see, only a person can say that it is right. */
function enoughFor({ sources, how }: Finding): number {
  return sources.length > 1 && 'selector' in how ? ENOUGH_RUNS : 0
}

function observed(
  scraper: BrowserScraper,
  field: string,
  spec: Healable,
  lesson: Lesson,
  { how, tier, sources }: Finding,
  { value }: FieldResult,
  { url: asked, finalUrl }: Signals,
): Observed {
  const url = (finalUrl ?? asked).slice(0, 500)
  const told = { value: shortened(value), was: shortened(lesson.good) }
  return { scraper: scraper.name, field, declared: declaredHash(spec), how, tier, sources, ...told, url }
}

function marked(
  result: FieldResult,
  how: Proposal['how'],
  source: string,
  why: string,
): Partial<FieldResult> {
  const by = 'selector' in how ? how.selector : how.path
  return { ...result, state: 'healed', source, by, note: `read by "${by}", ${why}` }
}
