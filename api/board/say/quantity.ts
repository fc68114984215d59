/** Numbers for a wall: three digits that matter, a unit, and never 100% for 99.99%. */
import type { CompiledMetric, Stat } from '../../../engine/index.ts'

export interface Quantity {
  value: string
  unit: string
}

export const NOTHING: Quantity = { value: '–', unit: '' }

const CURRENCIES = new Set(['€', '$', '£', '¥', '₹', '₩', 'CHF'])
const TIME: Record<string, number> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  seconds: 1000,
  min: 60_000,
  minutes: 60_000,
}
const BYTES: Record<string, number> = { B: 1, bytes: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 }

/** Unit of a stat of a metric: a count of events is not in the unit of the field that is measured. */
export function unitOf(metric: Pick<CompiledMetric, 'of' | 'unit'> | undefined, stat: Stat): string {
  const unit = metric?.unit.trim().slice(0, 12) ?? ''
  if (stat === 'ratio') return '%'
  const counts = stat === 'count' || (stat === 'rate' && metric?.of !== null)
  const base = counts && metric?.of !== null ? '' : unit
  return stat === 'rate' ? `${base}/s` : base
}

/**
 * `value` in `unit`, rounded for people; `finer` adds decimals where two numbers must be told apart.
 * A ratio is given as 0 to 1.
 */
export function quantity(value: number | null | undefined, stat: Stat, unit: string, finer = 0): Quantity {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING
  if (stat === 'ratio') return { value: percent(value * 100, finer), unit: '%' }
  if (CURRENCIES.has(unit)) {
    const { value: amount, unit: scale } = scaled(Math.abs(value), '', finer)
    return { value: `${value < 0 ? '−' : ''}${unit}${amount}`, unit: scale }
  }
  if (unit in TIME) return duration(value * TIME[unit]!, finer)
  if (unit in BYTES) return bytes(value * BYTES[unit]!, finer)
  return scaled(value, unit, finer)
}

/** A target as somebody wrote it: no more digits than it has. */
export function target(value: number, stat: Stat, unit: string): string {
  const exact = stat === 'ratio' ? value * 100 : value
  const text = group(Number(exact.toPrecision(10)), 6, false)
  if (CURRENCIES.has(unit)) return `${unit}${text}`
  return stat === 'ratio' || unit === '%' ? `${text}%` : joined({ value: text, unit })
}

/** "99.4%", "412 /s", "€3.2 k". */
export function joined({ value, unit }: Quantity): string {
  return unit === '' || unit === '%' ? value + unit : `${value} ${unit}`
}

function percent(value: number, finer: number): string {
  if (Number.isInteger(value)) return group(value, 0)
  const digits = Math.min(5, (value < 10 || value >= 99 ? 2 : 1) + finer)
  if (value < 99 || value > 100) return group(value, digits)
  // Downwards, and with more digits where that would still look like all: "100%" is said only of all.
  const floor = (places: number) => Math.floor(value * 10 ** places + 1e-9) / 10 ** places
  return group(value > 99.99 ? Math.min(99.999, floor(3)) : floor(digits), value > 99.99 ? 3 : digits)
}

function duration(ms: number, finer: number): Quantity {
  const size = Math.abs(ms)
  if (size < 10_000) return { value: plain(ms, finer), unit: 'ms' }
  if (size < 120_000) return { value: group(ms / 1000, 1 + finer), unit: 's' }
  if (size < 7_200_000) return { value: group(ms / 60_000, 1 + finer), unit: 'min' }
  return { value: group(ms / 3_600_000, 1 + finer), unit: 'h' }
}

function bytes(size: number, finer: number): Quantity {
  const step = Math.min(5, Math.max(0, Math.floor(Math.log10(Math.abs(size) || 1) / 3)))
  const unit = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'][step]!
  return { value: plain(size / 1000 ** step, finer), unit }
}

/** Thousands as k, M, B from 10,000 on: a wall is read, not audited. */
function scaled(value: number, unit: string, finer: number): Quantity {
  const size = Math.abs(value)
  const step = size < 9999.5 ? 0 : size < 999_500 ? 1 : size < 999_500_000 ? 2 : size < 999.5e9 ? 3 : 4
  if (step === 0) return { value: plain(value, finer), unit }
  const scale = ['', 'k', 'M', 'B', 'T'][step]!
  if (size >= 999.5e12) return { value: value.toExponential(1).replace('e+', 'e'), unit }
  return {
    value: significant(value / 1000 ** step, 3 + finer),
    unit: unit === '' ? scale : `${scale} ${unit}`,
  }
}

function plain(value: number, finer: number): string {
  const size = Math.abs(value)
  if (Number.isInteger(value)) return group(value, 0)
  if (size < 0.01) return significant(value, 2 + finer)
  return group(value, (size < 10 ? 2 : size < 100 ? 1 : 0) + finer)
}

/** Always as many digits as asked, so that a changing number keeps its width. */
function significant(value: number, digits: number): string {
  if (Math.abs(value) < 1e-6) return value.toExponential(1)
  const exactly = { minimumSignificantDigits: digits, maximumSignificantDigits: digits }
  return trueMinus(value.toLocaleString('en-US', exactly))
}

function group(value: number, digits: number, fixed = true): string {
  const minimumFractionDigits = fixed ? digits : 0
  return trueMinus(value.toLocaleString('en-US', { minimumFractionDigits, maximumFractionDigits: digits }))
}

function trueMinus(text: string): string {
  return text === '-0' ? '0' : text.replace(/^-/, '−')
}
