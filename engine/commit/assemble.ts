/** Puts one commit together: what was folded since the last one, and what of a snapshot is ready. */
import { randomUUID } from 'node:crypto'
import type { Outputs, Small } from './folding.ts'
import { lostRows, type Numbers, pendPairs } from './outgoing.ts'
import type { Commit } from './redis-scripts.ts'
import type { Upload } from './rounds.ts'

/** What has been read and folded but not yet committed. */
export interface Taken {
  outputs: Outputs
  small: Small
  off: string
  n: number
  tails: string[]
}

/** `holes`: entries that were gone before they were read, since the beginning. The id of the commit is made here. */
export function assemble(
  { outputs, small, off, n, tails }: Taken,
  upload: Upload,
  outbox: string[],
  numbers: Numbers,
  own: Pick<Commit, 'token' | 'before' | 'ttl' | 'trim' | 'outboxTrim'> & { holes: number },
): Commit {
  const { holes, ...terms } = own
  const view = [...outputs.view].flat()
  const live = [...outputs.live]
  const changed = [...outputs.view.keys(), ...outputs.viewGone]
  if (live.length === 0 && changed.length > 0) live.push(JSON.stringify({ fields: changed }))
  const pend = pendPairs(outputs.closed, numbers)
  const meta = ['small', JSON.stringify(small), 'numbers', JSON.stringify(numbers)]
  if (holes > 0) meta.push('holes', String(holes))
  return {
    ...terms,
    after: `${Number.parseInt(own.before) + 1}:${randomUUID().slice(0, 8)}`,
    off,
    n,
    tails,
    meta: [...meta, ...upload.meta],
    pend,
    view,
    viewGone: outputs.viewGone,
    outbox,
    snapshot: upload.snapshot,
    snapshotGone: upload.snapshotGone,
    dead: lostRows(outputs.dead),
    late: lostRows(outputs.late),
    live,
    acks: upload.acks,
    accountsGone: outputs.accountsGone,
    accounts: [...outputs.accounts].flat(),
  }
}
