/** Whether a recovery arrived where the commit says it must. */
import { assertKnown, FOLD_VERSION } from '../fold-version.ts'
import type { Small } from './folding.ts'

/** `same`; `changed`: only the hash over the outputs differs, as a newer version may judge otherwise. */
export type Agreement = 'same' | 'changed' | 'different'

/**
 * Whether a recovery arrived at what was committed. State of this very version must agree to the last bit. Of an
 * older one only the fields it had are compared, and the outputs of what was `replayed` may differ: this code may
 * look at the same entries in another way, and the verdicts it told meanwhile are not taken back.
 */
export function agreement(committed: string, arrived: Small, replayed: number): Agreement {
  if (committed === JSON.stringify(arrived)) return 'same'
  const before = JSON.parse(committed) as Partial<Small>
  const version = before.version ?? 1
  assertKnown(version)
  if (version === FOLD_VERSION) return 'different'
  const changed = (Object.keys(before) as (keyof Small)[]).filter(
    (field) => field !== 'version' && JSON.stringify(before[field]) !== JSON.stringify(arrived[field]),
  )
  if (changed.length === 0) return 'same'
  return changed.length === 1 && changed[0] === 'chain' && replayed > 0 ? 'changed' : 'different'
}
