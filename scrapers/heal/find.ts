/**
 * Where a lost field stands now: sources that know nothing of each other are asked, and what they agree on is found.
 * AUTO: two independent sources give one value, and it may follow the last good one. PROPOSE: weaker agreement, or
 * structure alone by a wide margin; never a value before a person or three runs have said yes. Else nothing.
 */
import type { FieldSpec, ListSpec, ValueSpec } from '../read/field.ts'
import { type LocatedList, relocateList } from './container.ts'
import { besideLabel } from './label.ts'
import type { Lesson } from './learn.ts'
import type { PageIndex } from './page-index.ts'
import { type Located, relocate } from './relocate.ts'
import { selectorFor, selectorForAll } from './selector.ts'
import { type Vote, votesOf } from './stated.ts'
import { type Value, isLast, isTelling, plausible } from './value.ts'

export type Source = 'structure' | 'structured data' | 'label' | 'last value'

export interface Finding {
  tier: 'auto' | 'propose'
  value: Value
  /** Sources that gave this value. */
  sources: Source[]
  /** How to read it from now on. */
  how: { selector: string } | { path: string }
  /** 0 to 1: likeness of the element to the one that was lost. */
  score: number
}

/** Likeness that an element must have at least beside another source, and alone; and its lead over the best other value. */
const BESIDE = 0.4
const ALONE = 0.8
const ALONE_LEAD = 0.05
/** A value that stands on the page where structured data says the same may be that much less alike than the best. */
const BEHIND = 0.15

export function find(spec: FieldSpec, lesson: Lesson, page: PageIndex): Finding | null {
  if (spec.kind === 'product') return null
  return spec.kind === 'list' ? findList(spec, lesson, page) : findValue(spec, lesson, page)
}

function findValue(spec: ValueSpec, lesson: Lesson, page: PageIndex): Finding | null {
  const votes = votesOf(spec, lesson.paths, page.structured)
  const ranked = lesson.features ? relocate(spec, lesson.features, page) : []
  const labelled = lesson.label === null ? [] : besideLabel(spec, lesson.label, page)
  const [top, second] = ranked
  const lead = (top?.score ?? 0) - (second?.score ?? 0)
  const stated = strongest(votes)
  const told = stated ? ranked.find(({ key }) => key === stated.key) : undefined
  const beside = stated ? labelled.find(({ key }) => key === stated.key) : undefined

  if (stated) {
    const last = isLast(stated.value, lesson.good)
    const close = told !== undefined && told.score >= BESIDE && told.score >= top!.score - BEHIND
    // What stood there before and is still stated needs no likeness, only to be seen; if it is no word of every page.
    const seen = told !== undefined && last && isTelling(stated.value)
    const sources: Source[] = [
      'structured data',
      ...(close ? (['structure'] as const) : []),
      ...(beside ? (['label'] as const) : []),
      ...(last ? (['last value'] as const) : []),
    ]
    const located = told ?? beside
    if (located && (close || beside || seen)) {
      const tier = plausible(located.value, lesson.good) ? 'auto' : 'propose'
      return elementFinding(tier, located, sources, told?.score ?? 0, page)
    }
    if (stated.paths.length < 2 && !last) return null
    if (told) return elementFinding('propose', told, sources, told.score, page)
    return { tier: 'propose', value: stated.value, sources, how: { path: stated.paths[0]! }, score: 0 }
  }
  if (!top) return null
  const named = labelled.find(({ key }) => key === top.key)
  // A label that the author declared; one that was learnt may have been any text before the value.
  if (spec.label !== undefined && named && top.score >= BESIDE)
    return elementFinding('propose', named, ['structure', 'label'], top.score, page)
  if (isLast(top.value, lesson.good) && isTelling(top.value) && top.score >= BESIDE)
    return elementFinding('propose', top, ['structure', 'last value'], top.score, page)
  if (top.score >= ALONE && lead >= ALONE_LEAD)
    return elementFinding('propose', top, ['structure'], top.score, page)
  return null
}

interface Stated {
  value: Value
  key: string
  paths: string[]
}

/** The value most paths say; null where they contradict each other without a majority. */
function strongest(votes: Vote[]): Stated | null {
  const byKey = new Map<string, Stated>()
  for (const { key, value, path } of votes) {
    const known = byKey.get(key) ?? { value, key, paths: [] }
    byKey.set(key, { ...known, paths: [...known.paths, path] })
  }
  const [first, second] = [...byKey.values()].toSorted((a, b) => b.paths.length - a.paths.length)
  if (!first || (second && second.paths.length * 2 > first.paths.length)) return null
  return first
}

function elementFinding(
  tier: Finding['tier'],
  { value, element }: Located,
  sources: Source[],
  score: number,
  page: PageIndex,
): Finding | null {
  const selector = selectorFor(element, page.tree)
  return selector === null ? null : { tier, value, sources, how: { selector }, score }
}

/** A list is the same as before where so many of its records are. */
const KNOWN = 0.6
/** So many records that stand together again, all of them and no other, are witnesses of each other. */
const WITNESSES = 3

function findList(spec: ListSpec, lesson: Lesson, page: PageIndex): Finding | null {
  if (!lesson.list || !Array.isArray(lesson.good)) return null
  const ranked = relocateList(spec, lesson.list, lesson.good, page)
  const stated = strongest(votesOf(spec, lesson.paths, page.structured))
  const told = stated && ranked.find(({ key }) => key === stated.key)
  if (told)
    return listFinding(
      plausible(told.value, lesson.good) ? 'auto' : 'propose',
      told,
      ['structured data', 'structure'],
      page,
    )
  const [top, second] = ranked
  const off = ({ elements }: LocatedList): number => Math.abs(elements.length - lesson.list!.count)
  const known = ranked.toSorted((a, b) => b.known - a.known || off(a) - off(b))[0]
  // What structured data says otherwise is not the same list.
  if (known && known.known >= KNOWN && !stated) {
    const whole = known.value.length >= WITNESSES && isLast(known.value, lesson.good)
    return listFinding(whole ? 'auto' : 'propose', known, ['structure', 'last value'], page)
  }
  if (stated && (stated.paths.length > 1 || isLast(stated.value, lesson.good)))
    return {
      tier: 'propose',
      value: stated.value,
      sources: ['structured data', 'last value'],
      how: { path: stated.paths[0]! },
      score: 0,
    }
  if (top && top.score >= ALONE && top.score - (second?.score ?? 0) >= ALONE_LEAD)
    return listFinding('propose', top, ['structure'], page)
  return null
}

function listFinding(
  tier: Finding['tier'],
  list: LocatedList,
  sources: Source[],
  page: PageIndex,
): Finding | null {
  const selector = selectorForAll(list.elements, page.tree)
  return selector === null ? null : { tier, value: list.value, sources, how: { selector }, score: list.score }
}
