/** After a run that is right: what it teaches, and which of its values the page's structured data contradicts. */
import type { HealMemory } from '../../engine/index.ts'
import type { BrowserScraper } from '../define/scraper.ts'
import { judge } from '../outcome/judge.ts'
import type { Signals } from '../outcome/signals.ts'
import { contradiction } from './cross-check.ts'
import { learn } from './learn.ts'
import {
  type Healable,
  type Html,
  type Kept,
  type Lessons,
  declaredHash,
  healable,
  knows,
  scrubbed,
  shortened,
  writeLessons,
} from './lessons.ts'
import { type PageIndex, indexPage } from './page-index.ts'
import { type Value, isLast, keyOf } from './value.ts'

/** Lessons are learnt anew after so long, and a value that changed is held against structured data so often at most. ms */
const LEARN_MS = 6 * 3_600_000
const CHECK_MS = 10 * 60_000

/** Changes the lessons and the signals. */
export async function review(
  scraper: BrowserScraper,
  lessons: Lessons,
  memory: HealMemory,
  html: Html,
  signals: Signals,
  now: number,
): Promise<void> {
  if (!['ok', 'partial', 'absent'].includes(judge(signals).outcome)) return
  const good = healable(scraper.read).filter(([name]) => signals.fields[name]?.state === 'ok')
  const valueOf = (name: string): Value | null => comparable(signals.fields[name]?.value)
  const isDue = ([name, spec]: [string, Healable]): boolean => {
    const kept = lessons[name]
    if (!kept || !knows(lessons, name, spec) || now - kept.at > LEARN_MS) return true
    const value = valueOf(name)
    return value !== null && now - kept.checked > CHECK_MS && !isLast(value, kept.lesson.good)
  }
  if (good.some(isDue)) {
    const source = await html()
    if (source !== null) {
      const page = indexPage(source)
      const secrets = secretsOf(scraper, signals)
      const next = good.map(([name, spec]) =>
        studied(name, spec, signals.fields[name]!.value as Value, lessons[name], page, secrets, now),
      )
      for (const [i, [name]] of good.entries()) if (next[i]) lessons[name] = next[i]
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

/** The lesson of a field after this run; a value that structured data contradicts teaches nothing. */
function studied(
  name: string,
  spec: Healable,
  value: Value,
  before: Kept | undefined,
  page: PageIndex,
  secrets: string[],
  now: number,
): Kept | undefined {
  const declared = declaredHash(spec)
  const known = before?.declared === declared ? before : undefined
  const said = known && comparable(value) !== null ? contradiction(spec, known.lesson, value, page) : null
  if (known && said !== null)
    return { ...known, checked: now, doubt: { key: keyOf(value), says: shortened(said) } }
  const lesson = learn(name, spec, value, page)
  if (!lesson) return known
  // Paths that agreed more than once are no coincidence.
  const again = known?.lesson.paths.filter((path) => lesson.paths.includes(path)) ?? []
  const paths = again.length > 0 ? again : lesson.paths
  return { declared, at: now, checked: now, lesson: scrubbed({ ...lesson, paths }, secrets), doubt: null }
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
