/** Where in the user's files a value was written, so that a mistake can be pointed at. */
import { fileURLToPath } from 'node:url'

export interface Source {
  /** Absolute path. */
  file: string
  /** From 1. */
  line: number
  column: number
}

/** The place that called `callee`, or null where the runtime does not say. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- captureStackTrace takes any function
export function callerOf(callee: Function): Source | null {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, callee)
  return firstFrame(holder.stack ?? '')
}

/** The first frame of a stack that lies in a file (in one of `files`, when given). */
export function firstFrame(stack: string, files?: ReadonlySet<string>): Source | null {
  for (const text of stack.split('\n')) {
    const match = /(?:\(|at (?:async )?)(file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/.exec(
      text.trim(),
    )
    // Only a URL is encoded: in a path, % is a character like any other.
    const file = match?.[2] && (match[1] === undefined ? match[2] : fileURLToPath(`file://${match[2]}`))
    if (file && (!files || files.has(file))) return { file, line: Number(match[3]), column: Number(match[4]) }
  }
  return null
}

/** How far below the call a word is looked for: a long `defineConfig` fits. */
const REACH = 300

/**
 * Moves a place to where `word` stands in the source text, at or below the call: the call says which statement
 * is meant, the word says where in it. Stays at the start of the line when the word is not found.
 */
export function pointAt(source: Source, text: string, word: string | undefined): Source {
  // A row of a table is its own statement, and its cells stand without quotes.
  const row = source.file.endsWith('.csv')
  const sought = row ? word?.replace(/^'|'$/g, '') : word
  const lines = text.split('\n')
  const end = Math.min(lines.length, source.line + (row ? 0 : REACH))
  for (let at = source.line - 1; sought !== undefined && at < end; at++) {
    const column = findWord(lines[at] ?? '', sought)
    if (column >= 0) return { ...source, line: at + 1, column: column + 1 }
  }
  return { ...source, column: (lines[source.line - 1] ?? '').search(/\S|$/) + 1 }
}

function findWord(line: string, word: string): number {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  // A quoted word may stand in any quotes; a bare one is a name of its own.
  const pattern = word.startsWith("'")
    ? escaped.replace(/^'|'$/g, '[\'"`]')
    : `(?<![\\w-])${escaped}(?![\\w-])`
  return line.search(new RegExp(pattern, 'u'))
}
