/** Recorded signals without what may not leave this process; no verdict depends on what is left out. */
import { privateSelectors } from '../evidence/capture.ts'
import { maskMarkup } from '../evidence/mask-markup.ts'
import type { Scraper } from '../index.ts'
import { bodySigns } from '../outcome/challenge.ts'
import type { Signals } from '../outcome/signals.ts'
import { publicValues } from '../read/interpret.ts'

/** The same run for other people: private values, cookies and all of the body that looks personal are out. */
export function shareable(scraper: Scraper, signals: Signals): Signals {
  const { main } = signals
  return {
    ...signals,
    main: main && { ...main, headers: withoutCookies(main.headers) },
    bodyHead: maskedBody(scraper, signals.bodyHead),
    fields: scraper.kind === 'browser' ? publicFields(scraper.read, signals.fields) : signals.fields,
  }
}

function publicFields(
  read: Parameters<typeof publicValues>[0],
  fields: Signals['fields'],
): Signals['fields'] {
  const seen = publicValues(read, fields)
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...field, value: seen[name] }]),
  )
}

/** Names stay: some say who answered. */
function withoutCookies(headers: Record<string, string>): Record<string, string> {
  const names = (headers['set-cookie'] ?? '')
    .split(/\n|,\s*(?=[\w-]+=)/)
    .flatMap((cookie) => /^\s*([\w.-]{1,100})=/.exec(cookie)?.[1] ?? [])
  const { 'set-cookie': cookies, ...rest } = headers
  return cookies === undefined ? rest : { ...rest, 'set-cookie': names.map((name) => `${name}=`).join(', ') }
}

/** Signs of a block page stay, also where they stood in a script. What is private in raw markup nobody can tell. */
function maskedBody(scraper: Scraper, body: string): string {
  if (body === '') return ''
  const hidden = scraper.kind === 'browser' && privateSelectors(scraper.read).length > 0
  const masked = hidden ? '' : maskMarkup(body)
  return [masked, ...bodySigns(body).filter((sign) => !masked.includes(sign))].join('\n')
}
