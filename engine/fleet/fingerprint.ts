/** What makes two failures the same failure: scraper, outcome, fields, and the words of its message without its data. */
import { createHash } from 'node:crypto'

export interface Failure {
  scraper: string
  outcome: string
  reason: string
  /** Names of the fields that could not be read, in any order. */
  fields: readonly string[]
  detail: string
}

const TEMPLATE_LENGTH = 200

/** 12 hex digits (sha1): never of addresses, ids, numbers or what a page says, so that a failure that goes on keeps it. */
export function fingerprintOf({ scraper, outcome, reason, fields, detail }: Failure): string {
  const names = [...new Set(fields)].toSorted()
  const text = [scraper, `${outcome}.${reason}`, names.join(','), messageTemplate(detail)].join('\n')
  return createHash('sha1').update(text).digest('hex').slice(0, 12)
}

/** The message with everything that differs from run to run replaced: addresses, quotations, numbers and ids. */
export function messageTemplate(detail: string): string {
  return detail
    .replace(/\bhttps?:\/\/\S+/g, '<url>')
    .replace(/"[^"]*"?/g, '""')
    .replace(/[\p{L}\p{N}_-]*\p{N}[\p{L}\p{N}_.,:-]*/gu, '0')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TEMPLATE_LENGTH)
}
