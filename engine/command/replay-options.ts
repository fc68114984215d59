/** What `weir replay` was asked to do. */
import { parseArgs } from 'node:util'
import { parseDuration } from '../config/duration.ts'
import type { WeirError } from '../error.ts'
import { parseTime } from '../replay/simulated-events.ts'
import { usage } from './command.ts'

export const REPLAY_USAGE = `weir replay [--config FILE] [--stream NAME] [--from TIME] [--to TIME] [--json]

Runs the log that is still in Redis through the engine again and prints the alerts it raises, then what each
stream and metric came to. Writes nothing.

  --config   this configuration throughout, instead of those that were in force (they are marked in the log)
  --stream   only this stream
  --from     prints what comes from then on; what came before is read as well, since windows reach back
  --to       stops there
  --json     one JSON object per line: starts, every change of every alert, and a summary

TIME is 2026-01-05T10:00:00Z, milliseconds since 1970, or such as -6h.
`

export interface ReplayOptions {
  config: string | null
  stream: string | null
  /** ms */
  from: number | null
  to: number | null
  json: boolean
}

/** Reads the words after `replay`; `now` in ms. Null: help was asked for. Throws WEIR_USAGE. */
export function replayOptions(argv: string[], now: number): ReplayOptions | null {
  const values = parse(argv)
  if (values.help === true) return null
  const from = values.from === undefined ? null : momentOf('--from', values.from, now)
  const to = values.to === undefined ? null : momentOf('--to', values.to, now)
  if (from !== null && to !== null && from >= to) throw wrong('--from is not before --to')
  return {
    config: values.config ?? null,
    stream: values.stream ?? null,
    from,
    to,
    json: values.json ?? false,
  }
}

/** `--from -6h` reads as two options to the parser: the time is joined to its option first. */
function parse(argv: string[]) {
  const words: string[] = []
  for (const word of argv) {
    const before = words.at(-1)
    if (/^-\d/.test(word) && (before === '--from' || before === '--to'))
      words.splice(-1, 1, `${before}=${word}`)
    else words.push(word)
  }
  try {
    return parseArgs({
      args: words,
      options: {
        config: { type: 'string' },
        stream: { type: 'string', short: 's' },
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

function momentOf(option: string, text: string, now: number): number {
  const ago = text.startsWith('-') ? parseDuration(text.slice(1)) : null
  if (ago !== null && ago <= now) return now - ago
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const iso = parseTime(text)
  if (iso !== null && iso >= 0) return iso
  throw wrong(`${option} ${text.slice(0, 60)} is no time`)
}

function wrong(what: string): WeirError {
  return usage(
    'weir replay',
    what,
    'Say: weir replay [--config FILE] [--stream NAME] [--from TIME] [--to TIME], TIME such as 2026-01-05T10:00:00Z or -6h.',
  )
}
