/** How `weir dead` shows letters: bounded and escaped, because what they hold was written by anybody. Pure. */
import type { LetterPage } from '../ledger/ledger.ts'
import type { Letter } from '../ledger/letter.ts'
import { printable } from './printable.ts'

const WIDTH = 100

/** Two lines each: id, when, where from; and the reason. Then how many there are, and how to go on. */
export function pageWords(page: LetterPage, more: string): string {
  const lines = page.letters.flatMap((letter) => [
    `${letter.id}  ${time(letter.at)}  ${printable(source(letter), 44)}`.trimEnd(),
    `    ${printable(letter.reason, WIDTH - 4)}`,
  ])
  const { kept, total, replayed, dropped } = page
  const sums = `${page.letters.length} shown, ${kept} kept, ${total} since the beginning; ${replayed} replayed, ${dropped} dropped.`
  if (page.cursor === null) return `${[...lines, sums].join('\n')}\n`
  return `${[...lines, sums, `More: ${more} --cursor ${page.cursor}`].join('\n')}\n`
}

/** Everything about one, a line per part. */
export function letterWords(letter: Letter): string {
  const parts: [string, string][] = [
    ['id', letter.id],
    ['recorded', time(letter.at)],
    ['log entry', `${printable(letter.entry)}, row ${letter.row}, partition ${letter.partition}`],
    ['producer', letter.from === '' ? 'none (flat entry)' : printable(letter.from)],
    ['origin', letter.origin === '' ? 'not said' : printable(letter.origin)],
    ['reason', printable(letter.reason)],
    ['row', printable(letter.raw)],
  ]
  return parts.map(([name, text]) => `${name.padEnd(11)}${text}\n`).join('')
}

function source({ origin, from }: Letter): string {
  return [origin, from].filter((part) => part !== '').join(', ') || 'flat entry'
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
