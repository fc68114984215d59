/** Compiles the wallboard: one headline, at most three promises and seven numbers. */
import { checkShare, chooseStat, chooseWindow } from './compile-rule.ts'
import type { CompiledBoard, CompiledMetric, CompiledNumber, CompiledPromise } from './compiled.ts'
import { show, type Mistake } from './mistake.ts'
import { suggest } from './nearest.ts'
import { Options, type Subject } from './options.ts'
import type { Source } from './source.ts'
import { plain } from './stream.ts'

const MAX_PROMISES = 3
const MAX_NUMBERS = 7
const SHOWN = ['title', 'of', 'stat', 'window', 'group']

/** `compiled` finds the compiled metric of a metric value, null for anything else. */
export function compileBoard(
  written: unknown,
  source: Source | null,
  compiled: (value: unknown) => CompiledMetric | null,
  mistakes: Mistake[],
): CompiledBoard {
  const known = ['title', 'headline', 'promises', 'numbers']
  const board = new Options({ name: 'board', source }, plain(written), known, mistakes)
  const part = (name: string, spec: unknown, keys: string[]): Options =>
    new Options({ name, source } satisfies Subject, plain(spec), keys, mistakes)

  const promises = limited(board, 'promises', MAX_PROMISES).map((spec, i) =>
    compilePromise(part(`board promise ${i + 1}`, spec, [...SHOWN, 'atLeast', 'atMost']), compiled),
  )
  const numbers = limited(board, 'numbers', MAX_NUMBERS).map((spec, i) =>
    compileShown(part(`board number ${i + 1}`, spec, SHOWN), compiled),
  )
  const headline = board.get('headline')
  return {
    title: board.text('title', 'Weir'),
    headline:
      headline === undefined
        ? null
        : compileHeadline(part('board headline', headline, ['of', 'field', 'noun']), compiled),
    promises: promises.filter((one) => one !== null),
    numbers: numbers.filter((one) => one !== null),
  }
}

type Find = (value: unknown) => CompiledMetric | null

function compileShown(options: Options, compiled: Find): CompiledNumber | null {
  const metric = metricOf(options, compiled)
  const title = options.text('title', metric?.title ?? '')
  const stat = metric && chooseStat(options, metric)
  const window = metric && chooseWindow(options, metric)
  if (!metric || !stat || !window) return null
  const group: Record<string, string> = {}
  for (const [field, value] of Object.entries(plain(options.get('group')))) {
    if (metric.by.includes(field) && typeof value === 'string') group[field] = value
    else if (metric.by.includes(field))
      options.wrong(`group.${field} is ${show(value)}.`, 'Write the value as a text.', field)
    else
      options.wrong(
        `group names '${field}', which metric '${metric.name}' is not grouped by.`,
        suggest(field, metric.by),
        field,
      )
  }
  return { title, metric: metric.name, stat, window: window.name, group }
}

function compilePromise(options: Options, compiled: Find): CompiledPromise | null {
  const shown = compileShown(options, compiled)
  const direction = options.get('atLeast') === undefined ? 'atMost' : 'atLeast'
  if ((options.get('atLeast') === undefined) === (options.get('atMost') === undefined))
    options.wrong('it needs one target.', 'Give it one: atLeast or atMost.')
  const target = options.number(direction, 0)
  if (shown) checkShare(options, direction, shown.stat, target)
  return shown && { ...shown, direction, target }
}

function compileHeadline(options: Options, compiled: Find): CompiledBoard['headline'] {
  const metric = metricOf(options, compiled)
  const field = options.text('field', '')
  const noun = options.text('noun', 'groups')
  if (!metric) return null
  if (!metric.by.includes(field))
    options.wrong(
      `field is ${show(field)}, which metric '${metric.name}' is not grouped by.`,
      suggest(field, metric.by),
      field ? show(field) : 'headline',
    )
  return { metric: metric.name, field, noun }
}

function metricOf(options: Options, compiled: Find): CompiledMetric | null {
  const metric = compiled(options.get('of'))
  if (!metric)
    options.wrong(
      `of is ${show(options.get('of'))}, no metric.`,
      'Use a metric value, as in of: success.',
      'of',
    )
  return metric
}

function limited(board: Options, name: string, most: number): unknown[] {
  const all = board.list(name)
  if (all.length > most)
    board.wrong(
      `it has ${all.length} ${name}.`,
      `Keep at most ${most}: what is read from across a room must be few.`,
      name,
    )
  return all.slice(0, most)
}
