/**
 * Text from outside as it may stand in a terminal: what would move the cursor, change colours, reorder or hide
 * text is shown as an escape, such as `\x1b`. Pure.
 */

/** Controls (C0, DEL, C1), line separators, marks of direction, what has no shape, half characters. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}\p{DI}]/gu
const SHORT: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }

/** `most`: characters shown; a longer text ends with `…`. */
export function printable(text: string, most = Number.POSITIVE_INFINITY): string {
  // Before escaping, so that a hostile megabyte costs nothing; after it, so that escapes cannot widen a column.
  const shown = text
    .slice(0, most === Number.POSITIVE_INFINITY ? undefined : 2 * most + 1)
    .replace(HIDDEN, escape)
  const characters = [...shown]
  return characters.length <= most ? shown : `${characters.slice(0, Math.max(0, most - 1)).join('')}…`
}

/** JSON in one line that a terminal cannot be harmed by either; still JSON, of the same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(HIDDEN, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''),
  )
}

function escape(character: string): string {
  const code = character.codePointAt(0)!
  return SHORT[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 1)}}`)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

/** A text of several lines, each made printable. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}
