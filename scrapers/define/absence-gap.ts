/** Where a scraper could not tell "truthfully nothing" from "lost", because its author declared no sign of it. Pure. */
import type { Scraper } from '../index.ts'
import type { FieldSpec } from '../read/field.ts'

/** One sentence per gap, without the scraper's name; none for checks and APIs, which read no fields. */
export function absenceGaps(scraper: Scraper): string[] {
  if (scraper.kind !== 'browser') return []
  const fields = Object.entries(scraper.read)
  const silent = fields.filter(([, spec]) => mayBeEmpty(spec) && spec.absentWhen === undefined)
  const marked = fields.filter(([, spec]) => spec.absentWhen)
  const decided = fields.some(([, spec]) => spec.absentWhen !== undefined || spec.kind === 'product')
  return [
    ...silent.map(
      ([name, spec]) =>
        `${name} declares no absentWhen: ${spec.kind === 'list' ? 'an empty list' : 'a value that is truthfully not there'} is told as missing`,
    ),
    ...(silent.length === 0 && !decided
      ? ['no field declares absentWhen: nothing but a 404 or 410 is ever told as absent']
      : []),
    ...(marked.length > 0 && scraper.is.length === 0
      ? [`${marked[0]![0]} declares absentWhen without any landmark (is): every page with that sign counts`]
      : []),
  ]
}

/** Lists run empty and optional values come and go; a required value is expected to be there. */
function mayBeEmpty(spec: FieldSpec): boolean {
  return spec.kind === 'list' || (spec.kind !== 'product' && spec.optional === true)
}
