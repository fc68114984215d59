/** Says where in the user's files something went wrong, what it is, and what to do about it. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import * as authoring from './authoring.ts'
import type { Mistake } from './mistake.ts'
import { suggest } from './nearest.ts'
import { firstFrame, pointAt } from './source.ts'

/** `where` is `file:line:column` as far as it is known, the path relative to where the reader is. */
export interface Explained {
  where: string
  what: string
  todo: string
}

/** Mistakes as people read a file: from its top, each pointed at as closely as its words allow. */
export function inOrder(mistakes: readonly Mistake[], config: string): Explained[] {
  return mistakes
    .map(({ source, what, todo, word }) => {
      if (!source) return { file: config, line: 0, column: 0, where: here(config), what, todo }
      const { file, line, column } = pointAt(source, readFileSync(source.file, 'utf8'), word)
      return { file, line, column, where: `${here(file)}:${line}:${column}`, what, todo }
    })
    .toSorted(
      (a, b) =>
        Number(b.file === config) - Number(a.file === config) || a.line - b.line || a.column - b.column,
    )
}

/** What a config threw while it ran, or why it could not be parsed; `files` are those it was made from. */
export function explainThrown(error: unknown, config: string, files: ReadonlySet<string>): Explained {
  const message = error instanceof Error ? error.message : String(error)
  const at = error instanceof Error ? firstFrame(error.stack ?? '', files) : null
  const where = at ? `${here(at.file)}:${at.line}:${at.column}` : here(config)
  return (
    explainSyntax(message) ??
    explainImport(message, where) ?? {
      where,
      what: `it throws while it is loaded: ${firstLine(message)}.`,
      todo: 'Correct the code there.',
    }
  )
}

/** The loader's parse errors end in `file:line:column`, columns from 0. */
function explainSyntax(message: string): Explained | null {
  const match = /^\w*ParseError: (?:\S*: )?(.*?)\.?(?: \(\d+:\d+\))?\s*\n\s*(\S.*):(\d+):(\d+)/s.exec(message)
  if (!match) return null
  const [, what = '', file = '', line, column] = match
  return {
    where: `${here(file)}:${line}:${Number(column) + 1}`,
    what: `the syntax is wrong: ${firstLine(what)}.`,
    todo: 'Correct it there.',
  }
}

function explainImport(message: string, where: string): Explained | null {
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(message)
  if (missing)
    return {
      where,
      what: `'${missing[1]}' cannot be imported.`,
      todo: 'Check the path, or install the package.',
    }
  // How the loader's compiled code reads when an imported name does not exist.
  const [, from, name] = /\(0 ?, ?_(\w+)\.(\w+)\) is not a function/.exec(message) ?? []
  if (!from || !name) return null
  const todo = from === 'weir' ? suggest(name, Object.keys(authoring).toSorted()) : 'Check the name.'
  return { where, what: `'${name}' is not exported by '${from}'.`, todo }
}

/** A path as people type it: relative to where they are. */
export function here(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\.$/, '').slice(0, 300)
}
