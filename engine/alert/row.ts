/**
 * What a partition's shell sends to the `alerts` stream for every change of a verdict: everything the alert fold
 * needs, so that it depends on nothing but its own log.
 */
import type { Alert } from './alert.ts'

export interface AlertRow extends Omit<Alert, 'id' | 'state' | 'firedAt' | 'resolvedAt' | 'updatedAt'> {
  /** Event time of the look that told. */
  at: number
}
