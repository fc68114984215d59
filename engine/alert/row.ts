/**
 * What a partition's shell sends to the `alerts` stream for every change of a verdict: everything the alert fold
 * needs, so that it depends on nothing but its own log.
 */
import { boundsTrouble } from '../event/bounds.ts'
import type { Alert, Verdict } from './alert.ts'

export interface AlertRow extends Omit<Alert, 'id' | 'state' | 'firedAt' | 'resolvedAt' | 'updatedAt'> {
  /** Event time of the look that told. */
  at: number
}

/** Whether a row of the log is one: anybody may write there, and what is kept is shown to people. */
export function isAlertRow(row: unknown): row is AlertRow {
  if (typeof row !== 'object' || row === null) return false
  const one = row as Record<keyof AlertRow, unknown>
  return (
    TEXTS.every((name) => typeof one[name] === 'string') &&
    TIMES.every((name) => Number.isFinite(one[name])) &&
    VALUES.every((name) => one[name] === null || Number.isFinite(one[name])) &&
    VERDICTS.includes(one.verdict) &&
    isRecord(one.group) &&
    Object.values(one.group).every((value) => typeof value === 'string') &&
    isAbout(one.about) &&
    isRecord(one.window) &&
    isRecord(one.evidence) &&
    Array.isArray(one.evidence['samples']) &&
    Array.isArray(one.spark) &&
    Array.isArray(one.notify) &&
    (one.cause === null || typeof one.cause === 'string') &&
    boundsTrouble(row as Record<string, unknown>, NO_LIMITS) === null
  )
}

const NO_LIMITS: Map<string, number> = new Map()
const TEXTS = ['rule', 'kind', 'severity', 'metric', 'stat', 'unit', 'stream', 'reason', 'sentence'] as const
const TIMES = ['at', 'since'] as const
const VALUES = ['value', 'normal'] as const
const VERDICTS: readonly unknown[] = ['ok', 'pending', 'firing', 'unknown'] satisfies Verdict[]

function isAbout(about: unknown): boolean {
  if (about === undefined) return true
  const texts = (names: unknown): boolean =>
    Array.isArray(names) && names.every((name) => typeof name === 'string')
  return isRecord(about) && Object.values(about).every(texts)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
