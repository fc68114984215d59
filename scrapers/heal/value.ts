/** When two readings say the same thing, and when a new value is a likely successor of the last good one. */
import { parseAmount } from '../read/amount.ts'
import type { FieldSpec } from '../read/field.ts'

/** What is compared: a text, a number, or the texts of a list. */
export type Value = string | number | string[]

/** A value as a key: equal keys say the same thing, whatever case, spaces and punctuation they were written with. */
export function keyOf(value: Value): string {
  if (typeof value === 'number') return `n${value}`
  if (typeof value === 'string') return `t${plain(value)}`
  return `l${value.map(plain).join('\n')}`
}

/** Longest part of a record that is remembered. */
export const MAX_RECORD = 200

/** As much of a list's record as a lesson remembers. */
export function recordKey(text: string): string {
  return plain(text.slice(0, MAX_RECORD))
}

/** Whether a value is the last good one, as far as that is remembered. */
export function isLast(value: Value, last: Value): boolean {
  if (!Array.isArray(value) || !Array.isArray(last)) return keyOf(value) === keyOf(last)
  return value.length === last.length && value.every((text, i) => recordKey(text) === recordKey(last[i]!))
}

/** Short words and small numbers stand on every page somewhere. */
export function isTelling(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 1
  return plain(String(value)).length >= (typeof value === 'number' ? 4 : 6)
}

/** Letters and digits only; a sign between two digits is kept, since 1.5 is not 15. */
export function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/(\d)[.,:/\u2044](?=\d)/g, '$1_')
    .replace(/[^\p{L}\p{N}_]+/gu, '')
}

/** The reading of one text by a spec; null where it says nothing that fits. */
export function readText(spec: FieldSpec, text: string | null): string | number | null {
  if (text === null || text === '') return null
  if (spec.kind !== 'number' && spec.kind !== 'money') return text
  return parseAmount(text, {
    as: spec.kind === 'number' ? 'number' : 'money',
    ...(spec.decimal && { decimal: spec.decimal }),
  })
}

/** The reading of what a page states for machines: tags and entities removed, durations in minutes. */
export function readStated(spec: FieldSpec, stated: string): string | number | null {
  const text = bare(stated)
  if (spec.kind === 'number' || spec.kind === 'money') {
    const minutes = durationMinutes(text)
    if (minutes !== null) return minutes
    // Machines write a point for decimals, whatever the page's habit.
    if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
    // A sentence may hold any number.
    return text.length > 40 ? null : readText(spec, text)
  }
  return text === '' ? null : text
}

/** Minutes of an ISO 8601 duration such as `PT1H20M`, or null. */
function durationMinutes(text: string): number | null {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text)
  if (!match || text.length < 3) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return days * 1440 + hours * 60 + minutes + seconds / 60
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function bare(text: string): string {
  return text
    .replace(/<[^>]{0,500}>/g, ' ')
    .replace(
      /&(?:#(\d{1,6})|#x([0-9a-f]{1,6})|(\w{2,6}));/gi,
      (all, decimal?: string, hex?: string, name?: string) => {
        const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null
        if (code !== null) return code > 0 && code < 0x11_0000 ? String.fromCodePoint(code) : ' '
        return ENTITIES[name?.toLowerCase() ?? ''] ?? all
      },
    )
    .replace(/\s+/g, ' ')
    .trim()
}

/**
 * Whether `value` may follow `last`: a number within a factor of five, a text or a list of comparable length. Sudden
 * jumps happen, but then a person should look before a healed value is believed.
 */
export function plausible(value: Value, last: Value): boolean {
  if (typeof value === 'number' && typeof last === 'number') {
    if (value === last) return true
    if (Math.sign(value) !== Math.sign(last)) return false
    return within(Math.abs(value), Math.abs(last), 5)
  }
  if (typeof value === 'string' && typeof last === 'string')
    return /\d/.test(value) === /\d/.test(last) || value.length > 20
      ? within(value.length + 8, last.length + 8, 4)
      : false
  if (Array.isArray(value) && Array.isArray(last)) return within(value.length + 1, last.length + 1, 4)
  return false
}

function within(a: number, b: number, factor: number): boolean {
  return a <= b * factor && b <= a * factor
}
