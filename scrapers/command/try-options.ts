/** The words of `weir try`. */
import { parseArgs } from 'node:util'
import { usage } from '../../engine/index.ts'

export const TRY_USAGE = `weir try FILE|URL [options]

Visits once and shows what came of it: outcome, reason, fields, times. No event is sent and no evidence kept. With a
Redis the visit takes its turn there as all visits do, and leaves what all must know: that the site blocks us or wants
to be left alone, how it and the proxy answered, and its robots.txt. The config (streams.config.ts, or WEIR_CONFIG) says
in which namespace. FILE is a scraper's; of a URL is shown what could be read there.

  --only NAME        the scraper of that name, where FILE has several
  --screenshot FILE  where the picture goes (WebP); by default into .weir/try
  --save [LABEL]     keep the page as a fixture beside FILE; LABEL is by default the outcome
  --replace          a fixture of that label may be there already
  --local            the URL may be this machine
  --json             one JSON object, for programs
  --signals          what was recorded, as one line for weir judge; private values, cookies and scripts are left out

Exit code 0: right (ok or absent), 1: not, 2: wrong usage.
`

export interface TryOptions {
  target: string
  only: string | null
  screenshot: string | null
  /** The label of a fixture; '' stands for the outcome; null: none is kept. */
  save: string | null
  replace: boolean
  local: boolean
  json: boolean
  signals: boolean
}

/** Null: help is asked for. Throws WEIR_USAGE. */
export function tryOptions(argv: string[]): TryOptions | null {
  // `--save` alone is allowed, which parseArgs does not know.
  const words = argv.map((word, i) => (word === '--save' && !isLabel(argv[i + 1]) ? '--save=' : word))
  let parsed
  try {
    parsed = parseArgs({
      args: words,
      options: {
        only: { type: 'string' },
        screenshot: { type: 'string' },
        save: { type: 'string' },
        replace: { type: 'boolean' },
        local: { type: 'boolean' },
        json: { type: 'boolean' },
        signals: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
  } catch (error) {
    throw usage('weir try', (error as Error).message, 'weir try --help lists the options.')
  }
  const { values, positionals } = parsed
  if (values.help === true) return null
  const [target, ...more] = positionals
  if (target === undefined || more.length > 0)
    throw usage('weir try', 'it takes one scraper file or one address', 'Say: weir try FILE|URL')
  if (values.save !== undefined && values.save !== '' && !isLabel(values.save))
    throw usage('weir try', `"${values.save}" is no label`, 'Use letters, digits, "_" and "-", at most 40.')
  return {
    target,
    only: values.only ?? null,
    screenshot: values.screenshot ?? null,
    save: values.save ?? null,
    replace: values.replace ?? false,
    local: values.local ?? false,
    json: values.json ?? false,
    signals: values.signals ?? false,
  }
}

/** A word that is no option, no file and no address. */
function isLabel(word: string | undefined): boolean {
  return word !== undefined && /^[A-Za-z0-9][\w-]{0,39}$/.test(word)
}
