/**
 * The alert fold: the internal stream `alerts` (one partition) turns changes of verdicts into the life of alerts:
 * pending → firing → resolved. Unknown never resolves. It gives everybody one cursor for alerts.
 */
import { createHash } from 'node:crypto'
import { Chain } from '../commit/chain.ts'
import {
  type Fold,
  MAX_LOST,
  noOutputs,
  type Outputs,
  type Small,
  type SnapshotBlocks,
} from '../commit/folding.ts'
import type { Entry } from '../event/entry.ts'
import type { SavedRetired } from '../event/retired-producers.ts'
import { type ProducerState, Producers } from '../event/sequence.ts'
import { FOLD_VERSION, headStep, migrate, readHead } from '../fold-version.ts'
import type { Alert, AlertChange } from './alert.ts'
import { compareIds } from '../stream/entry-id.ts'
import type { Work } from '../work.ts'
import { type AlertRow, isAlertRow } from './row.ts'

/** Resolved alerts kept for readers. */
export const MAX_RESOLVED = 500
const HEAD = 'alerts'
const STEPS = [headStep(HEAD, (saved) => ({ ...saved, version: 2 }))]

interface Saved {
  version: number
  small: Small
  producers: [string, ProducerState][]
  /** Absent where there are none. */
  retired?: SavedRetired
  open: [string, Alert][]
  resolved: Alert[]
}

export class AlertFold implements Fold {
  shows = true
  /** Open alerts by rule and group. */
  private readonly open = new Map<string, Alert>()
  private resolved: Alert[] = []
  private producers = new Producers()
  private chain = new Chain()
  private out: Outputs = noOutputs()
  private control: string
  private counts = { counted: 0, duplicate: 0, late: 0, dead: 0, forwarded: 0 }
  private newestAt: number | null = null

  constructor(control: string) {
    this.control = control
  }

  step(entry: Entry): void {
    try {
      this.read(entry)
    } catch (error) {
      this.lose(entry.id, 0, `the fold failed on this entry: ${String(error)}`.slice(0, 500))
    }
  }

  private read(entry: Entry): void {
    switch (entry.kind) {
      case 'batch':
        this.batch(entry)
        break
      case 'control':
        if (compareIds(entry.control, this.control) >= 0) this.control = entry.control
        else this.lose(entry.id, 0, `control state ${entry.control} is older than ${this.control}, in force`)
        break
      case 'tick':
      case 'clock':
      case 'beat':
        break
      case 'partial':
      case 'reject':
      case 'flat':
      case 'broken':
        this.lose(entry.id, 0, 'not a batch of verdicts')
        break
    }
  }

  take(): Outputs {
    const out = this.out
    this.out = noOutputs()
    return out
  }

  small(): Small {
    return {
      version: FOLD_VERSION,
      control: this.control,
      watermark: null,
      turned: null,
      ...this.counts,
      missing: this.producers.missing,
      newestAt: this.newestAt,
      chain: this.chain.toString(),
    }
  }

  /** Nothing here depends on the time of the log. */
  minds(): boolean {
    return false
  }

  dueAt(): null {
    return null
  }

  /** A verdict is little work: none is left. */
  stepping(entry: Entry): null {
    this.step(entry)
    return null
  }

  // oxlint-disable-next-line require-yield -- one small block
  *snapshotting(): Work<SnapshotBlocks> {
    return this.snapshot()
  }

  snapshot(): SnapshotBlocks {
    const saved: Saved = {
      version: FOLD_VERSION,
      small: this.small(),
      producers: this.producers.toJSON(),
      open: [...this.open],
      resolved: this.resolved,
    }
    const names = [HEAD]
    const changed = new Map<string, Buffer>()
    const retired = this.producers.save(changed, names)
    changed.set(HEAD, Buffer.from(JSON.stringify({ ...saved, ...(retired && { retired }) })))
    return { changed, names, acks: this.producers.acks() }
  }

  restore(blocks: ReadonlyMap<string, Buffer>): void {
    const saved = readHead(migrate(blocks, HEAD, STEPS), HEAD) as Saved
    const { counted, duplicate, late, dead, forwarded, missing, chain, control, newestAt } = saved.small
    this.counts = { counted, duplicate, late, dead, forwarded }
    this.producers.restore(saved.producers, missing, saved.retired, blocks)
    this.chain = Chain.from(chain)
    this.control = control
    this.newestAt = newestAt
    for (const [key, alert] of saved.open) this.open.set(key, alert)
    this.resolved = saved.resolved
  }

  private batch(entry: Entry & { kind: 'batch' }): void {
    const accepted = this.producers.accept(entry.from, entry.seq, entry.n, entry.ms)
    for (let i = 0; i < entry.n; i++) {
      const row = entry.columns.row?.[i]
      if (accepted.verdict === 'some' && !accepted.fresh[i]) this.counts.duplicate++
      else if (accepted.verdict === 'refused') this.lose(entry.id, i, accepted.reason)
      else if (!isAlertRow(row)) this.lose(entry.id, i, 'not a verdict')
      else {
        this.counts.counted++
        this.newestAt = entry.ms
        this.change(row)
      }
    }
  }

  /** Nobody but an engine's own shell writes here. */
  private lose(id: string, row: number, reason: string): void {
    this.counts.dead++
    if (this.out.dead.length < MAX_LOST)
      this.out.dead.push({ id, row, from: '', origin: '', reason, raw: '' })
  }

  private change(row: AlertRow): void {
    const key = `${row.rule} ${JSON.stringify(row.group)}`
    const before = this.open.get(key) ?? null
    if (row.verdict === 'ok') {
      if (before !== null) this.close(key, before, row)
      return
    }
    if (row.verdict === 'unknown') {
      // Only an alert that already stands can become unknown; its value and sentence stay what they were.
      if (before === null) return
      this.put(key, { ...before, verdict: 'unknown', reason: row.reason, updatedAt: row.at }, 'updated')
      return
    }
    const { at, ...rest } = row
    const fires = row.verdict === 'firing'
    const since = before?.since ?? row.since
    const alert: Alert = {
      ...rest,
      id: before?.id ?? alertId(row, since),
      since,
      state: fires ? 'firing' : 'pending',
      firedAt: fires ? (before?.firedAt ?? at) : null,
      resolvedAt: null,
      updatedAt: at,
    }
    this.put(key, alert, fires && before?.state !== 'firing' ? 'fired' : 'updated')
  }

  private close(key: string, before: Alert, row: AlertRow): void {
    this.open.delete(key)
    const fired = before.state === 'firing'
    const alert: Alert = {
      ...before,
      state: 'resolved',
      verdict: 'ok',
      reason: row.reason,
      value: row.value,
      resolvedAt: row.at,
      updatedAt: row.at,
    }
    if (!fired) {
      // What never fired is nobody's history.
      this.out.viewGone.push(alert.id)
    } else {
      this.resolved.push(alert)
      this.out.view.set(alert.id, JSON.stringify(alert))
    }
    const gone = this.resolved.length > MAX_RESOLVED ? this.resolved.shift()!.id : undefined
    if (gone !== undefined) this.out.viewGone.push(gone)
    this.say(fired ? 'resolved' : 'updated', alert, gone)
  }

  private put(key: string, alert: Alert, event: AlertChange['event']): void {
    this.open.set(key, alert)
    this.out.view.set(alert.id, JSON.stringify(alert))
    this.say(event, alert)
  }

  /** `gone`: an alert that readers are to forget. */
  private say(event: AlertChange['event'], alert: Alert, gone?: string): void {
    const payload = JSON.stringify({ event, alert, gone })
    this.chain.text(payload)
    this.out.live.push(payload)
  }
}

/** The same after a re-fold and on every machine: rule, group and start in event time. */
function alertId(row: AlertRow, since: number): string {
  return createHash('sha256')
    .update(JSON.stringify([row.rule, row.group, since]))
    .digest('hex')
    .slice(0, 16)
}
