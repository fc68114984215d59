/** Compiles website checks, from the config or from the rows of a CSV file, each mistake with its line. */
import { Cron } from 'croner'
import type { CompiledCheck } from './compiled.ts'
import { parseCsv } from './csv.ts'
import { parseDuration } from './duration.ts'
import { show, type Mistake } from './mistake.ts'
import { suggest } from './nearest.ts'
import { Options, type Subject } from './options.ts'
import { plain } from './stream.ts'

const COLUMNS = ['name', 'url', 'every', 'status', 'match', 'timeout', 'fleet', 'robots']
/** No check runs more often than this, ms. */
const SHORTEST_EVERY = 1000
const MAX_CHECKS = 100_000
/** A file with one mistake in each of its thousands of rows is one mistake. */
const MAX_MISTAKES = 20

/** One check; `taken` holds the names of earlier ones. */
export function compileCheck(
  subject: Subject,
  spec: unknown,
  taken: Set<string>,
  mistakes: Mistake[],
): CompiledCheck {
  const options = new Options(subject, plain(spec), COLUMNS, mistakes)
  const name = options.text('name', '')
  if (name === '' || name.length > 200)
    options.wrong('name is missing.', 'Give every check its own short name.')
  else if (taken.has(name))
    options.wrong(`the name '${name}' is taken by another check.`, 'Give it another name.', name)
  taken.add(name)
  return {
    name,
    url: checkUrl(options),
    every: checkEvery(options),
    status: options.number('status', 200, { min: 100, max: 599, integer: true }),
    match: checkMatch(options),
    timeout: options.duration('timeout', 10_000),
    fleet: options.text('fleet', 'checks'),
    ...checkRobots(options),
  }
}

/** The checks of a CSV text; `file` is its absolute path. */
export function compileCheckFile(
  file: string,
  text: string,
  taken: Set<string>,
  mistakes: Mistake[],
): CompiledCheck[] {
  const at = (line: number): Subject => ({ name: 'check', source: { file, line, column: 1 } })
  const wrong = (line: number, what: string, todo: string): void => {
    mistakes.push({ source: at(line).source, what, todo, word: undefined })
  }
  const { rows, broken } = parseCsv(text)
  if (broken !== null) wrong(broken, 'a quote is opened here and never closed.', 'Close it, or double it.')
  const [header, ...body] = rows
  const columns = header?.cells ?? []
  for (const column of columns)
    if (!COLUMNS.includes(column))
      wrong(header!.line, `there is no column ${show(column)}.`, suggest(column, COLUMNS))
  if (!columns.includes('name') || !columns.includes('url')) {
    wrong(1, 'the first line must be a header with at least name and url.', `Columns: ${COLUMNS.join(',')}.`)
    return []
  }
  if (body.length > MAX_CHECKS) wrong(1, `the file has ${body.length} checks.`, `Keep it to ${MAX_CHECKS}.`)
  const found: Mistake[] = []
  const checks = body.slice(0, MAX_CHECKS).map(({ line, cells }) => {
    if (cells.length > columns.length)
      found.push({
        source: at(line).source,
        what: `check: the row has ${cells.length} cells, the header ${columns.length}.`,
        todo: 'Quote a cell that holds a comma.',
        word: undefined,
      })
    return compileCheck(at(line), rowSpec(columns, cells), taken, found)
  })
  mistakes.push(...found.slice(0, MAX_MISTAKES))
  if (found.length > MAX_MISTAKES)
    wrong(
      found[MAX_MISTAKES]!.source?.line ?? 1,
      `${found.length - MAX_MISTAKES} more mistakes follow.`,
      'Correct these first.',
    )
  return checks
}

function rowSpec(columns: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const spec: Record<string, unknown> = {}
  for (const [i, column] of columns.entries()) {
    const cell = cells[i] ?? ''
    if (cell !== '' && COLUMNS.includes(column))
      spec[column] = column === 'status' && /^\d+$/.test(cell) ? Number(cell) : cell
  }
  return spec
}

function checkUrl(options: Options): string {
  const written = options.get('url')
  const url = typeof written === 'string' && URL.canParse(written) ? new URL(written) : null
  // First, so that no message shows them, whatever else is wrong with the address.
  if (typeof written === 'string' && /[\\/]{2}[^\\/?#]*@/.test(written))
    options.wrong('url holds a user name or password.', 'Keep secrets in the environment.', 'url')
  else if (!url || !/^https?:$/.test(url.protocol))
    options.wrong(`url is ${show(written)}.`, 'Write a whole address, such as https://example.com/.', 'url')
  return url?.href ?? ''
}

function checkEvery(options: Options): number | string {
  const every = options.get('every') ?? '1m'
  const ms = parseDuration(every)
  if (ms !== null) {
    if (ms < SHORTEST_EVERY) options.wrong(`every is ${show(every)}.`, 'Use 1s or more.', 'every')
    return ms
  }
  try {
    new Cron(String(every), { paused: true })
  } catch {
    options.wrong(
      `every is ${show(every)}, neither a duration nor a cron expression.`,
      "Write 30s, 5m or 1h, or a cron expression such as '0 6 * * *'.",
      show(every),
    )
  }
  return String(every)
}

function checkRobots(options: Options): Pick<CompiledCheck, 'robots'> {
  const written = options.get('robots')
  if (written === undefined) return {}
  if (written === 'obey') return { robots: written }
  if (typeof written === 'string' && /^ignore: *\S.{2,}$/s.test(written))
    return { robots: written as `ignore: ${string}` }
  const todo = "Write 'obey', or whose permission you have, such as 'ignore: our own site'."
  options.wrong(`robots is ${show(written)}, neither 'obey' nor a permission.`, todo, 'robots')
  return {}
}

function checkMatch(options: Options): string | null {
  const written = options.get('match')
  if (written === undefined) return null
  const match = options.text('match', '')
  try {
    new RegExp(match)
  } catch (error) {
    options.wrong(`match is no regular expression (${(error as Error).message}).`, 'Correct it.', 'match')
  }
  return match
}
