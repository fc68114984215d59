/** Names and texts as people read them: bounded, without control characters, 'north-bank' as 'North Bank'. */

const CAPITALS = new Set(['api', 'http', 'https', 'url', 'id', 'ui', 'eu', 'us', 'uk', 'p95'])

const GRAPHEMES = new Intl.Segmenter('en')

/** `text` on one line, at most `max` characters, without characters that steer a terminal or turn text around. */
export function clean(text: string, max: number): string {
  const line = text
    .slice(0, max * 4)
    // oxlint-disable-next-line no-control-regex -- control characters are what must go
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .trim()
  const characters = [...GRAPHEMES.segment(line)].map((each) => each.segment)
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join('')}…`
}

/** 'north-bank' is 'North Bank'; a name with capitals, dots or slashes was written with care and stays as it is. */
export function name(raw: string): string {
  const text = clean(raw, 60)
  if (!/^[\p{Ll}\p{N}]+([-_ ][\p{Ll}\p{N}]+)*$/u.test(text)) return text
  return text
    .split(/[-_ ]/)
    .map((word) => (CAPITALS.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(' ')
}

/** `sentence` with every whole occurrence of the raw name replaced by the name people read. */
export function nameIn(sentence: string, raw: string): string {
  const named = name(raw)
  // Longer ones are no names; group values are cut to this length anyway.
  if (raw.length < 2 || raw.length > 200 || named === raw) return sentence
  const escaped = raw.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return sentence.replace(
    new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped}(?![\\p{L}\\p{N}_-])`, 'gu'),
    () => named,
  )
}
