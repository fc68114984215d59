/** After a run that is right: what it teaches, and which of its values the page's structured data contradicts. */
import type { HealMemory } from '../../engine/index.ts'
import type { BrowserScraper } from '../define/scraper.ts'
import { judge } from '../outcome/judge.ts'
import { type FieldResult, type Signals, isRead } from '../outcome/signals.ts'
import { contradiction } from './cross-check.ts'
import { learn, remembered } from './learn.ts'
import {
  type Healable,
  type Kept,
  type Lessons,
  type Look,
  declaredHash,
  healable,
  scrubbed,
  shortened,
  writeLessons,
} from './lessons.ts'
import type { PageIndex } from './page-index.ts'
import { type Value, isLast, keyOf } from './value.ts'

/** Lessons are learnt anew after so long, and a value that changed is held against structured data so often at most. ms */
const LEARN_MS = 6 * 3_600_000
const CHECK_MS = 10 * 60_000
/** After so long what is doubted is believed: the site says it otherwise now. ms */
const DOUBT_MS = 7 * 86_400_000

/** Changes the lessons and the signals. */
export async function review(
  scraper: BrowserScraper,
  lessons: Lessons,
  memory: HealMemory,
  look: Look,
  signals: Signals,
  now: number,
): Promise<void> {
  if (!['ok', 'partial', 'absent'].includes(judge(signals).outcome)) return
  const good = healable(scraper.read).filter(([name]) => isRead(signals.fields[name]?.state ?? 'missing'))
  const valueOf = (name: string): Value | null => comparable(signals.fields[name]?.value)
  const isDue = ([name, spec]: [string, Healable]): boolean => {
    const kept = lessons[name]
    const own = signals.fields[name]!.state === 'ok'
    if (!kept || kept.declared !== declaredHash(spec)) return own
    if (now - kept.checked > LEARN_MS) return true
    const value = valueOf(name)
    if (value === null || kept.lesson === null) return false
    return now - kept.checked > CHECK_MS && !isLast(value, kept.lesson.good)
  }
  if (good.some(isDue)) {
    const secrets = secretsOf(scraper, signals)
    const study = await look((page) =>
      good.map(([name, spec]) => {
        return [name, studied(name, spec, signals.fields[name]!, lessons[name], page, secrets, now)] as const
      }),
    )
    if (study !== null) {
      for (const [name, kept] of study) if (kept) lessons[name] = kept
      const declared = new Set(healable(scraper.read).map(([name]) => name))
      for (const name of Object.keys(lessons)) if (!declared.has(name)) delete lessons[name]
      await memory.remember(scraper.name, writeLessons(lessons))
    }
  }
  for (const [name] of good) {
    const doubt = lessons[name]?.doubt
    const value = valueOf(name)
    if (doubt && value !== null && keyOf(value) === doubt.key) signals.fields[name]!.doubt = doubt.says
  }
}

/**
 * What is known of a field after this run; undefined: nothing yet. A value that structured data contradicts teaches
 * nothing, and one that was healed no more than that it is the last good one.
 */
function studied(
  name: string,
  spec: Healable,
  { state, value: found }: FieldResult,
  before: Kept | undefined,
  page: PageIndex,
  secrets: string[],
  now: number,
): Kept | undefined {
  const declared = declaredHash(spec)
  const known = before?.declared === declared ? before : undefined
  const value = comparable(found)
  const said = known?.lesson && value !== null ? contradiction(spec, known.lesson, value, page) : null
  if (known && value !== null && said !== null) {
    const since = known.doubt?.since ?? now
    const doubt = { key: keyOf(value), says: shortened(said), since }
    if (now - since < DOUBT_MS) return { ...known, checked: now, doubt }
  }
  if (state !== 'ok') {
    if (!known?.lesson || value === null) return known
    return { ...known, checked: now, doubt: null, lesson: { ...known.lesson, good: remembered(value) } }
  }
  const lesson = learn(name, spec, found as Value, page)
  // Not to be learnt from this page, as where its script writes what its markup does not say: tried again later.
  if (!lesson) return { declared, checked: now, lesson: known?.lesson ?? null, doubt: null }
  // Paths that agreed more than once are no coincidence.
  const again = known?.lesson?.paths.filter((path) => lesson.paths.includes(path)) ?? []
  const paths = again.length > 0 ? again : lesson.paths
  return { declared, checked: now, lesson: scrubbed({ ...lesson, paths }, secrets), doubt: null }
}

function comparable(value: unknown): Value | null {
  if (typeof value === 'number' || typeof value === 'string') return value
  return Array.isArray(value) && value.every((each): each is string => typeof each === 'string')
    ? value
    : null
}

/** What fields marked private hold: it must not be kept as something that stands beside another value. */
function secretsOf({ read }: BrowserScraper, { fields }: Signals): string[] {
  const open = new Set(healable(read).map(([name]) => name))
  const texts = (value: unknown): string[] => {
    if (typeof value === 'string' || typeof value === 'number') return [String(value)]
    return value !== null && typeof value === 'object' ? Object.values(value).flatMap(texts) : []
  }
  return Object.keys(read).flatMap((name) => (open.has(name) ? [] : texts(fields[name]?.value)))
}
