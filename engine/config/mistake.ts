/** Mistakes in a configuration: all of them are collected, each with where, what and what to do. */
import { WeirError } from '../error.ts'
import type { Source } from './source.ts'

export interface Mistake {
  source: Source | null
  /** One sentence: whose option, and what is wrong with it. */
  what: string
  /** What to do about it, in the imperative. */
  todo: string
  /** The wrong word as it stands in the source, to point at; values of options in quotes, as `show` has them. */
  word: string | undefined
}

/** A configuration that cannot be used. `where`, message and `todo` are those of the first mistake. */
export class ConfigError extends WeirError {
  /** One text per mistake, `where: what todo`. */
  readonly mistakes: readonly string[]
  /** Files that were read, so that a watcher knows when to try again. */
  readonly files: readonly string[]

  constructor(mistakes: readonly { where: string; what: string; todo: string }[], files: readonly string[]) {
    const first = mistakes[0] ?? { where: '', what: 'The configuration is not usable.', todo: '' }
    super(first.what, {
      code: 'WEIR_CONFIG',
      domain: 'user',
      retry: false,
      where: first.where,
      todo: first.todo,
    })
    this.mistakes = mistakes.map((one) => `${one.where}: ${one.what} ${one.todo}`.trim())
    this.files = files
  }

  override explain(): string {
    return this.mistakes.join('\n')
  }
}

/** A value as it is shown in a message: short, quoted as in the source. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 57)}...` : value}'`
  if (typeof value === 'function') return 'a function'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
