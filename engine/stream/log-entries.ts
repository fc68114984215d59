/** Entries of one log in order, as they were read: nothing is made of them before somebody asks. */
import { Texts } from '../event/texts.ts'
import { LIST, NIL, type Reply } from './reply.ts'

export interface LogEntries {
  readonly length: number
  id(i: number): string
  fields(i: number): Texts
}

export type RawEntry = [id: string, fields: string[]]

/** Of entries that were read as strings. */
export function logEntries(raw: readonly RawEntry[]): LogEntries {
  return {
    length: raw.length,
    id: (i) => raw[i]![0],
    fields: (i) => Texts.of(raw[i]![1]),
  }
}

/** What XREAD answers, per log; null: nothing. Throws where it is no answer of XREAD. */
export function logsIn(reply: Reply): [key: string, entries: LogEntries][] | null {
  const { bytes, tokens } = reply
  let at = 0
  const list = (): number => {
    if (tokens[at] !== LIST) throw new Error('Redis answered XREAD with something else')
    at += 2
    return tokens[at - 1]!
  }
  if (tokens[0] === NIL) return null
  return Array.from({ length: list() }, () => {
    list()
    const key = bytes.toString('utf8', tokens[at], tokens[at + 1])
    at += 2
    const starts = new Int32Array(list())
    for (let i = 0; i < starts.length; i++) {
      list()
      starts[i] = at
      // The id, and then the list of fields; an entry that was deleted meanwhile has none.
      const fields = tokens[at + 2] === LIST ? tokens[at + 3]! : 0
      at += 4 + 2 * fields
    }
    return [key, new ReadEntries(bytes, tokens, starts)]
  })
}

class ReadEntries implements LogEntries {
  readonly length: number
  private readonly bytes: Buffer
  private readonly tokens: Int32Array
  /** Where in `tokens` each entry's id is; its fields follow. */
  private readonly starts: Int32Array

  constructor(bytes: Buffer, tokens: Int32Array, starts: Int32Array) {
    this.bytes = bytes
    this.tokens = tokens
    this.starts = starts
    this.length = starts.length
  }

  id(i: number): string {
    const at = this.starts[i]!
    return this.bytes.toString('latin1', this.tokens[at], this.tokens[at + 1])
  }

  fields(i: number): Texts {
    const at = this.starts[i]!
    const count = this.tokens[at + 2] === LIST ? this.tokens[at + 3]! : 0
    return new Texts(this.bytes, this.tokens, at + 4, count)
  }
}
