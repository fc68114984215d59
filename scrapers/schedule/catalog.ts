/** What a loaded scraper tells the catalog about itself. */
import { type CatalogEntry, formatDuration } from '../../engine/index.ts'
import { maskAddress } from '../evidence/mask-address.ts'
import type { Scraper } from '../index.ts'
import type { Scheduled } from './schedule.ts'

export function entryOf({ scraper, version }: Scheduled): CatalogEntry {
  const { name, kind, fleet, template, host, site, url, every } = scraper
  return {
    name,
    kind,
    fleet,
    template,
    host,
    site,
    url: maskAddress(url),
    ...('interval' in every
      ? { every: formatDuration(every.interval) }
      : { every: every.cron, timeZone: every.timeZone }),
    fields: fieldsOf(scraper),
    version,
  }
}

function fieldsOf(scraper: Scraper): CatalogEntry['fields'] {
  // Nobody can say of an API what its silence looks like: what is not there can only ever be missing.
  if (scraper.kind === 'json')
    return (scraper.target?.fields ?? []).map(({ name, optional }) => ({ name, optional, absence: false }))
  if (scraper.kind !== 'browser') return []
  return Object.entries(scraper.read).map(([name, spec]) => {
    return { name, optional: spec.optional === true, absence: spec.absentWhen !== undefined }
  })
}
