/** What is kept of the lessons of one scraper between runs and processes: versioned text, bounded. */
import { createHash } from 'node:crypto'
import { MAX_LESSONS } from '../../engine/index.ts'
import type { FieldSpec, ListSpec, ReaderMap, ValueSpec } from '../read/field.ts'
import type { Lesson } from './learn.ts'
import type { PageIndex } from './page-index.ts'
import { plain } from './value.ts'

/** It rises when an older reader would misunderstand; lessons of other versions are learnt anew. */
const VERSION = 1

export interface Kept {
  /** Hash of the field as declared when it was learnt. */
  declared: string
  /** When it was learnt, or held against structured data, ms since 1970. */
  checked: number
  /** Null where the page taught nothing. */
  lesson: Lesson | null
  /** A value that structured data contradicts, as a key, what it says instead, and since when it contradicts. */
  doubt: { key: string; says: string; since: number } | null
}
export type Lessons = Record<string, Kept>

/** The markup of the page that was visited; null where it does not answer. */
export type Html = () => Promise<string | null>

/** What `work` finds on the page that was visited; null where the page does not answer, or takes too long. */
export type Look = <T>(work: (page: PageIndex) => T) => Promise<T | null>

/** What changes with it, changes where a value is looked for. */
export function declaredHash(spec: FieldSpec): string {
  return createHash('sha1').update(JSON.stringify(spec)).digest('hex').slice(0, 8)
}

/** The lesson on the field as it is declared now, or null. */
export function lessonOn(lessons: Lessons, name: string, spec: Healable): Lesson | null {
  const kept = lessons[name]
  return kept?.declared === declaredHash(spec) ? kept.lesson : null
}

export type Healable = ValueSpec | ListSpec

/** Fields that can be healed. Of what is private nothing is kept, so nothing is learnt. */
export function healable(read: ReaderMap): [string, Healable][] {
  return Object.entries(read).flatMap(([name, spec]): [string, Healable][] => {
    if (spec.kind === 'product' || spec.private === true) return []
    const secret =
      spec.kind === 'list' && Object.values(spec.fields ?? {}).some((each) => each.private === true)
    return secret ? [] : [[name, spec]]
  })
}

export function readLessons(text: string | null): Lessons {
  if (text === null) return {}
  try {
    const { v, fields } = JSON.parse(text) as { v: number; fields: Lessons }
    return v === VERSION ? fields : {}
  } catch {
    return {}
  }
}

/** The longest ones are left out until it fits. */
export function writeLessons(lessons: Lessons): string {
  const kept = Object.entries(lessons).toSorted((a, b) => JSON.stringify(a).length - JSON.stringify(b).length)
  for (;;) {
    const text = JSON.stringify({ v: VERSION, fields: Object.fromEntries(kept) })
    if (text.length <= MAX_LESSONS || kept.length === 0) return text
    kept.pop()
  }
}

/** A lesson without the texts around its value that hold something private. */
export function scrubbed(lesson: Lesson, secrets: string[]): Lesson {
  const keys = secrets.map(plain).filter((key) => key.length > 2)
  const clean = (text: string): string => (keys.some((key) => plain(text).includes(key)) ? '' : text)
  const { features, list, label } = lesson
  const bare = <F extends { before: string; heading: string; shape: string[] }>(part: F): F => ({
    ...part,
    before: clean(part.before),
    heading: clean(part.heading),
    shape: clean(part.shape.join('')) === '' ? [] : part.shape,
  })
  return {
    ...lesson,
    label: label === null || clean(label) === '' ? null : label,
    features: features && bare(features),
    list: list && { ...list, container: bare(list.container), item: bare(list.item) },
  }
}

/** A value as JSON, for people. */
export function shortened(value: unknown): string {
  return JSON.stringify(value).slice(0, 500)
}
