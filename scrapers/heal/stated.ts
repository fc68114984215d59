/** Which of a page's statements for machines say what a field said, and what they say now. */
import type { FieldSpec } from '../read/field.ts'
import type { Structured } from './structured.ts'
import { type Value, isTelling, keyOf, readStated } from './value.ts'

/** More paths than these add no certainty. */
const MAX_PATHS = 8

/** Said of ratings, lists and pictures everywhere, or of other things than the page's own. */
const NEVER =
  /\.(?:bestRating|worstRating|position|width|height)$|\.(?:reviews?|comments?|isRelatedTo|isSimilarTo)\./i

/**
 * Paths under which `good` stands; at most MAX_PATHS, the most trusted first. Small numbers and short words stand
 * under many by chance: of those only the paths are kept that are named most like the field.
 */
export function pathsOf(field: string, spec: FieldSpec, good: Value, structured: Structured): string[] {
  const key = keyOf(good)
  const found: string[] = []
  for (const [path, statements] of structured)
    if (
      !NEVER.test(path) &&
      statements.some(({ values }) => stated(spec, values).some((value) => keyOf(value) === key))
    )
      found.push(path)
  const named = (path: string): number => (isTelling(good) ? 0 : sharedWords(field, path))
  const most = Math.max(0, ...found.map(named))
  return found
    .filter((path) => named(path) === most)
    .toSorted((a, b) => trust(a) - trust(b) || a.length - b.length)
    .slice(0, MAX_PATHS)
}

/** Words that the name of a field and the last names of a path have in common. */
function sharedWords(field: string, path: string): number {
  const words = (text: string): string[] =>
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}]+/u)
      .map((word) => word.replace(/s$/, ''))
  const own = new Set(words(path.split('.').slice(-2).join('.')))
  return words(field).filter((word) => word !== '' && own.has(word)).length
}

function trust(path: string): number {
  return path.startsWith('#') ? 2 : path.startsWith('meta.') ? 1 : 0
}

export interface Vote {
  path: string
  value: Value
  key: string
}

/** What the learnt paths say now; several syntaxes of one path are one vote each where they differ. */
export function votesOf(spec: FieldSpec, paths: string[], structured: Structured): Vote[] {
  const votes = new Map<string, Vote>()
  for (const path of paths)
    for (const alias of aliases(path))
      for (const { values } of structured.get(alias) ?? []) {
        const value = stated(spec, values).at(-1)
        if (value === undefined) continue
        const key = keyOf(value)
        votes.set(`${path} ${key}`, { path, value, key })
      }
  return [...votes.values()]
}

/** `author: "Ann"` and `author: { name: "Ann" }` say the same. */
function aliases(path: string): string[] {
  if (path.startsWith('meta.') || path.startsWith('#')) return [path]
  const shorter = /^(.+\..+)\.(?:name|text|@value|url)$/.exec(path)?.[1]
  return shorter === undefined ? [path, `${path}.name`, `${path}.text`, `${path}.url`] : [path, shorter]
}

/** The readings of the values under one path: the list as it stands, and one written with commas; or the first value. */
function stated(spec: FieldSpec, values: string[]): Value[] {
  if (spec.kind === 'list') {
    const items = values.flatMap((each) => readStated({ kind: 'text', selector: '' }, each) ?? []).map(String)
    const split =
      items.length === 1 ? (items[0] ?? '').split(/\s*[,;|]\s*/).filter((item) => item !== '') : []
    return [items, ...(split.length > 1 ? [split] : [])]
  }
  const value = readStated(spec, values[0] ?? '')
  return value === null ? [] : [value]
}
