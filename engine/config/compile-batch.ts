/** Compiles what an atRisk rule has of its own: the scrapers of its batch, and when that begins and is due. */
import type { AtRiskRule } from './compiled.ts'
import { show } from './mistake.ts'
import { NAME, type Options } from './options.ts'

export const BATCH_OPTIONS = ['batch', 'scrapers', 'fleet', 'start', 'deadline', 'timeZone', 'days']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const MAX_SCRAPERS = 10_000

type Own = Pick<AtRiskRule, 'batch' | 'scrapers' | 'fleet' | 'start' | 'deadline' | 'timeZone' | 'days'>

export function compileBatch(options: Options): Own {
  const days = options.words('days', DAYS, 'which is no day')
  const batch = options.text('batch', '')
  if (!NAME.test(batch))
    options.wrong(
      `${show(batch)} cannot be its name.`,
      'Use a letter, then up to 63 letters, digits, _ or -.',
      show(batch),
    )
  return {
    batch,
    ...population(options),
    start: timeOfDay(options, 'start'),
    deadline: timeOfDay(options, 'deadline'),
    timeZone: timeZoneOf(options),
    days: (days.length === 0 ? DAYS : days).map((day) => DAYS.indexOf(day)).toSorted((a, b) => a - b),
  }
}

function population(options: Options): Pick<Own, 'scrapers' | 'fleet'> {
  const [scrapers, fleet] = [options.get('scrapers'), options.get('fleet')]
  if ((scrapers === undefined) === (fleet === undefined)) {
    options.wrong(
      scrapers === undefined ? 'it has no scrapers.' : 'it has scrapers and fleet.',
      "Give it one: fleet: 'banks', or scrapers: [...] with their names.",
      scrapers === undefined ? undefined : 'scrapers',
    )
    return { scrapers: null, fleet: null }
  }
  if (fleet !== undefined) return { scrapers: null, fleet: options.text('fleet', '') }
  const names = options.list('scrapers')
  const texts = names.filter((name): name is string => typeof name === 'string' && name !== '')
  if (texts.length !== names.length || texts.length === 0 || texts.length > MAX_SCRAPERS)
    options.wrong(
      'scrapers is no list of names.',
      `Write 1 to ${MAX_SCRAPERS} names: scrapers: ['north-bank', 'sparhaus'].`,
      'scrapers',
    )
  return { scrapers: [...new Set(texts)].toSorted(), fleet: null }
}

/** Minutes after midnight. */
function timeOfDay(options: Options, name: string): number {
  const written = options.get(name)
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(String(written)) ?? []
  if (hours !== undefined) return Number(hours) * 60 + Number(minutes)
  options.wrong(
    written === undefined ? `${name} is missing.` : `${name} is ${show(written)}, which is no time of day.`,
    "Write hours and minutes, such as '09:00'.",
    written === undefined ? undefined : name,
  )
  return 0
}

function timeZoneOf(options: Options): string {
  const zone = options.text('timeZone', 'UTC')
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return zone
  } catch {
    options.wrong(`timeZone is ${show(zone)}, which is none.`, 'Write one such as Europe/Berlin.', show(zone))
    return 'UTC'
  }
}
