/** Query parameters, strictly: a misspelt or doubled one is an error, not silently another question. */
import { suggest, WeirError } from '../../engine/index.ts'

const GROUP = 'group.'
const MAX_PARAMETERS = 32

export interface Query {
  values: Partial<Record<string, string>>
  /** From `group.<field>=value`. */
  group: Record<string, string>
}

/** Reads the query of `url`; `known` are the names allowed, `groups` whether `group.<field>` is. Throws WEIR_QUERY. */
export function readQuery(url: string, known: readonly string[], groups = false): Query {
  const values: Query['values'] = Object.create(null)
  const group: Query['group'] = Object.create(null)
  const parameters = [...new URL(url, 'http://localhost').searchParams]
  if (parameters.length > MAX_PARAMETERS) throw bad(`Over ${MAX_PARAMETERS} parameters.`, 'Ask for less.')
  for (const [name, value] of parameters) {
    const isGroup = groups && name.startsWith(GROUP) && name.length > GROUP.length
    if (!isGroup && !known.includes(name)) {
      const all = groups ? [...known, 'group.<field>'] : known
      throw bad('Unknown parameter.', suggest(name, all), name)
    }
    const into = isGroup ? group : values
    const key = isGroup ? name.slice(GROUP.length) : name
    if (key in into) throw bad('Given more than once.', 'Give it once.', name)
    into[key] = value
  }
  return { values, group }
}

/** `value` if it is one of `known`, else WEIR_QUERY with a suggestion. */
export function oneOf<T extends string>(value: string, known: readonly T[], parameter: string): T {
  if ((known as readonly string[]).includes(value)) return value as T
  throw bad(`${JSON.stringify(value.slice(0, 40))} is not known.`, suggest(value, known), parameter)
}

/** How many are asked for, 1 to `most`; `usual` where nothing is said. `what`: such as `runs`. Throws WEIR_QUERY. */
export function limitOf(text: string | undefined, what: string, usual: number, most: number): number {
  if (text === undefined) return usual
  const limit = Number(text)
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= most) return limit
  throw bad(`${JSON.stringify(text.slice(0, 40))} is no number of ${what}.`, `Give 1 to ${most}.`, 'limit')
}

export function bad(message: string, todo: string, where?: string): WeirError {
  const detail = { code: 'WEIR_QUERY', domain: 'user', retry: false, todo } as const
  return new WeirError(message, where === undefined ? detail : { ...detail, where: where.slice(0, 60) })
}
