/** What `weir ingest` was asked to do. */
import { parseArgs } from 'node:util'
import type { WeirError } from '../error.ts'
import { usage } from './command.ts'

export const INGEST_USAGE = `weir ingest FILE|- --stream NAME [--run ID] [--config FILE] [--wait] [--strict]

  FILE         one JSON object per line; .gz is unpacked; - reads standard input
  --stream     where the events go
  --run ID     names this run: what was sent under the same name is not counted again, whatever the content
               (files need none, their content is recognised)
  --config     config file that says where the stream's events belong and what they look like, used where
               the engine has no config yet (default: WEIR_CONFIG, else streams.config.ts)
  --wait       stay until the engine has counted them, and say how
  --strict     exit code 1 if any line was dead
`

export interface IngestOptions {
  file: string
  stream: string
  run: string | null
  config: string | null
  wait: boolean
  strict: boolean
}

/** Reads the words after `ingest`. Null: help was asked for. Throws WEIR_USAGE. */
export function ingestOptions(argv: string[]): IngestOptions | null {
  const { values, positionals } = parse(argv)
  if (values.help === true) return null
  const [file, ...more] = positionals
  if (file === undefined) throw wrong('no file is named')
  if (more.length > 0) throw wrong(`one file at a time, but ${positionals.length} are named`)
  if (values.stream === undefined) throw wrong('no stream is named')
  return {
    file,
    stream: values.stream,
    run: values.run ?? null,
    config: values.config ?? null,
    wait: values.wait ?? false,
    strict: values.strict ?? false,
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        stream: { type: 'string', short: 's' },
        run: { type: 'string' },
        config: { type: 'string' },
        wait: { type: 'boolean' },
        strict: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

function wrong(what: string): WeirError {
  return usage('weir ingest', what, 'Say: weir ingest FILE|- --stream NAME')
}
