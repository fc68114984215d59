/** What `weir dead` was asked to do. */
import { parseArgs } from 'node:util'
import type { WeirError } from '../error.ts'
import type { LetterKind } from '../ledger/letter.ts'
import { usage } from './command.ts'

export const DEAD_USAGE = `weir dead list   --stream NAME [--late] [--reason TEXT] [--limit N] [--cursor C]
weir dead show   --stream NAME ID
weir dead replay --stream NAME ID… | --all | --reason TEXT  [--late] [--limit N]
weir dead drop   --stream NAME ID… | --all | --reason TEXT  [--late] [--limit N]

  list         rows that were not counted, newest first, with the reason
  show         all that is kept of one
  replay       sends rows again as new events; each counts once, however often this is said
  drop         takes rows away for good
  --stream     the stream
  --late       events of a time that was closed already, instead of what was no event
  --reason     only those whose reason contains this text
  --limit      at most this many (default 20 listed, 100 replayed or dropped; at most 1000)
  --cursor     where the list goes on, as the page before says
  --config     config file, used where the engine has no config yet
  --json       one JSON object per line
`

export const VERBS = ['list', 'show', 'replay', 'drop'] as const
export type DeadVerb = (typeof VERBS)[number]

export interface DeadOptions {
  verb: DeadVerb
  stream: string
  kind: LetterKind
  ids: string[]
  reason: string | null
  limit: number
  cursor: string | null
  config: string | null
  json: boolean
}

const MAX_LIMIT = 1000

/** Reads the words after `dead`. Null: help was asked for. Throws WEIR_USAGE. */
export function deadOptions(argv: string[]): DeadOptions | null {
  const { values, positionals } = parse(argv)
  if (values.help === true) return null
  const [verb, ...ids] = positionals
  if (!isVerb(verb))
    throw wrong(verb === undefined ? 'no verb is named' : `there is no "${verb.slice(0, 40)}"`)
  if (values.stream === undefined) throw wrong('no stream is named')
  const selects = values.all === true || values.reason !== undefined
  if (verb === 'list' && ids.length > 0) throw wrong('list takes no id; show does')
  if (verb === 'show' && ids.length !== 1) throw wrong('show takes one id')
  if ((verb === 'replay' || verb === 'drop') && selects === ids.length > 0)
    throw wrong(`say which to ${verb}: ids, or --all, or --reason TEXT`)
  return {
    verb,
    stream: values.stream,
    kind: values.late === true ? 'late' : 'dead',
    ids,
    reason: values.reason ?? null,
    limit: limitOf(values.limit, verb === 'list' ? 20 : 100),
    cursor: values.cursor ?? null,
    config: values.config ?? null,
    json: values.json ?? false,
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        stream: { type: 'string', short: 's' },
        late: { type: 'boolean' },
        reason: { type: 'string' },
        all: { type: 'boolean' },
        limit: { type: 'string' },
        cursor: { type: 'string' },
        config: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

function isVerb(text: string | undefined): text is DeadVerb {
  return (VERBS as readonly (string | undefined)[]).includes(text)
}

function limitOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const limit = Number(text)
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit
  throw wrong(`--limit is a number from 1 to ${MAX_LIMIT}`)
}

function wrong(what: string): WeirError {
  const todo = `Say: weir dead ${VERBS.join('|')} --stream NAME; weir dead --help has it all.`
  return usage('weir dead', what, todo)
}
