/**
 * Whether an alert began with a change of ours: "began with our deploy 4f2a", or "no change of ours in 6 days". Pure.
 *
 * Readers ask this; the alert fold does not. A mark may come after the alert that it explains, and a fold may depend
 * on nothing but its own log, or a replay would say something else.
 */
import type { Alert } from '../alert/alert.ts'
import { readableDuration } from '../alert/readable.ts'
import { EVERYTHING, type History, type Mark } from './mark.ts'

export interface Origin {
  /** `deploy`: it began with a change of ours; `none`: nothing of ours had changed for a while. */
  kind: 'deploy' | 'none'
  /** Such as `began with our deploy 4f2a, 3 min before`. */
  words: string
  /** The newest change before the alert; null where we only know for how long there was none. */
  change: { name: string; version: string; at: number } | null
  /** From that change, or from where our knowledge begins, to the alert, ms. */
  quietMs: number
}

/** How long after a deploy the first run may end, beside the rule's window and the scraper's interval, ms. */
const SLACK = 2 * 60_000
/** Without a change on record, so much must have been seen to say that there was none, ms. */
const KNOWN_FOR = 3_600_000
/** A change so short before needs no time said. */
const AT_ONCE = 60_000

/** The scrapers that an alert over runs or fields is about. */
export function scrapersOf({
  group,
  about,
  evidence,
}: Pick<Alert, 'group' | 'about' | 'evidence'>): string[] {
  if (group['scraper'] !== undefined) return [group['scraper']]
  if (about?.['scraper'] !== undefined) return about['scraper']
  const sampled = evidence.samples.map((sample) => sample['scraper'])
  return [...new Set(sampled.filter((name): name is string => typeof name === 'string'))]
}

/** `histories`: by scraper; the oldest version of one is where our knowledge of it begins. Null: nothing to say. */
export function originOf(
  alert: Pick<Alert, 'stream' | 'group' | 'about' | 'evidence' | 'since' | 'window'>,
  marks: readonly Mark[],
  histories: ReadonlyMap<string, History>,
): Origin | null {
  const { since, window } = alert
  const names = concerned(alert)
  const own = scrapersOf(alert)
  const changes = marks.filter(({ name, at }) => names.has(name) && at <= since)
  const begins: number[] = []
  let every = 0
  for (const name of own) {
    const history = histories.get(name)
    every = Math.max(every, history?.every ?? 0)
    const known = (history?.loads ?? []).filter(({ at }) => at <= since)
    for (const { version, at } of known.slice(0, -1)) changes.push({ name, version, at, by: '' })
    if (known.length > 0) begins.push(known.at(-1)!.at)
  }
  const newest = changes.reduce<Mark | null>(
    (last, one) => (last === null || one.at > last.at ? one : last),
    null,
  )
  const from = newest?.at ?? (begins.length > 0 ? Math.max(...begins) : null)
  if (from === null) return null
  const quietMs = since - from
  // Who has just begun to look cannot say that nothing changed.
  if (newest === null && quietMs < KNOWN_FOR) return null
  const change = newest && { name: newest.name, version: newest.version, at: newest.at }
  if (newest !== null && quietMs <= window.to - window.from + every + SLACK) {
    // Who reads it knows which scraper it is about.
    const of = own.includes(newest.name) || newest.name === EVERYTHING ? '' : ` of ${newest.name}`
    const before = quietMs <= AT_ONCE ? '' : `, ${readableDuration(quietMs)} before`
    return { kind: 'deploy', words: `began with our deploy ${newest.version}${of}${before}`, change, quietMs }
  }
  return { kind: 'none', words: `no change of ours in ${days(quietMs)}`, change, quietMs }
}

function days(ms: number): string {
  const whole = Math.floor(ms / 86_400_000)
  return whole >= 2 ? `${whole} days` : readableDuration(ms)
}

/** Names of marks that an alert may have to do with. */
function concerned({ stream, group, about, evidence }: Parameters<typeof originOf>[0]): Set<string> {
  const sample = evidence.samples[0] ?? {}
  const texts = [sample['scraper'], sample['template'], sample['fleet']]
  return new Set([
    EVERYTHING,
    stream,
    ...Object.values(group),
    ...Object.values(about ?? {}).flat(),
    ...texts.filter((text): text is string => typeof text === 'string'),
  ])
}
