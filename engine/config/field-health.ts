/** `fieldHealth()`: the rules that hold every field of every scraper against its own history, as one value. */
import type { Channel } from './channel.ts'
import type { Duration } from './duration.ts'
import { fields } from './fields.ts'
import type { Metric } from './metric.ts'
import { drift, type DriftOptions, type Rule } from './rule.ts'
import { callerOf } from './source.ts'

export interface FieldHealthOptions {
  notify?: Channel | readonly Channel[]
  /** Of all but lengths, which are a warning. Default `critical`. */
  severity?: 'critical' | 'warning'
  /** What is looked at; at least three runs of a field, or of its template, should lie in it. Default 10m. */
  window?: Duration
  /** The history it is held against, the window kept out of it. Default 1d. */
  over?: Duration
  /** Fleets whose numbers swing by nature, such as prices: their ranges are not judged. Default none. */
  swings?: readonly string[]
}

/**
 * Four rules over the stream `fields`, each with one alert for a page template, however many fields and scrapers it is
 * about: `fields-lost` (missing, empty or invalid more often than before), `fields-type`, `fields-length` (of texts)
 * and `fields-range` (of numbers). To be spread into `rules`; their metrics have the same names.
 */
export function fieldHealth(options: FieldHealthOptions = {}): Rule[] {
  const { notify, severity = 'critical', window = '10m', over = '1d', swings = [] } = options
  const source = callerOf(fieldHealth)
  const each = { by: ['template', 'field', 'scraper'], windows: [window] } as const
  const told = { by: ['template'], over, ...(notify !== undefined && { notify }) } as const
  const rule = <M extends Metric>(
    metric: M,
    own: DriftOptions<M['by'][number], M['stats'][number], M['windows'][number]>,
  ): Rule => ({ ...drift({ ...metric, source }, { ...told, name: metric.name, ...own }), source })
  return [
    rule(
      fields.metric('fields-lost', {
        ...each,
        where: { state: { in: ['missing', 'empty', 'invalid'] } },
        stats: ['ratio'],
        title: 'lost',
      }),
      {
        across: 'scraper',
        direction: 'up',
        severity,
        says: '{scraper} lost {field}: {value} of reads, {normal} before.',
      },
    ),
    rule(fields.metric('fields-type', { ...each, of: 'type', stats: ['distinct'], title: 'type' }), {
      severity,
      says: '{field} of {template} is a {type} now.',
    }),
    rule(
      fields.metric('fields-length', {
        ...each,
        where: { type: 'string' },
        of: 'length',
        stats: ['mean'],
        title: 'length',
      }),
      { says: '{template}: {field} has {value} characters on average, and before {normal}.' },
    ),
    rule(
      fields.metric('fields-range', {
        ...each,
        where: { fleet: { not: swings } },
        of: 'value',
        stats: ['mean'],
        title: 'value',
      }),
      {
        severity,
        says: '{template}: {field} is {value} on average, and before it was {normal}.',
      },
    ),
  ]
}
