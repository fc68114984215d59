/**
 * One channel's way through the alerts: reads changes after its cursor, sends what must be told, settles it in the
 * ledger, moves the cursor. In order, one at a time; a channel that is down holds up nobody but itself.
 */
import type { AlertChange, CompiledChannel, Reader } from '../../engine/index.ts'
import { backoff } from './backoff.ts'
import type { Outcome } from './deliver.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { noticeKey, noticeOf, type Notice } from './message.ts'

export interface FollowerDeps {
  reader: Reader
  ledger: Ledger
  /** Of the lease. */
  token: string
  /** Brings a notice out, or prints it. */
  send(channel: CompiledChannel, notice: Notice): Promise<Outcome | { status: 'printed' }>
  clock: () => number
  /** 0 … 1 */
  random: () => number
  /** Resolves after `ms` or when `signal` aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** Resolves when an alert changed, after `ms`, or when `signal` aborts. */
  news(ms: number, signal: AbortSignal): Promise<void>
  settled(channel: CompiledChannel, key: string, entry: LedgerEntry): void
  log: { warn(detail: object, message: string): void }
}

const PAGE = 100
const POLL = 2000
const PAUSE_AFTER_ERROR = 1000
/** A message that cannot be brought out for so long is given up, loudly. ms */
const GIVE_UP = 86_400_000
/** A new channel is told what happened at most so long ago. ms */
const NEW_CHANNEL_LOOKS_BACK = 3_600_000

/** Thrown when another process took over: everything it would do now is somebody else's work. */
class LeaseLost extends Error {}

/** Runs until `signal` aborts or the lease is lost. */
export async function followChannel(
  channel: CompiledChannel,
  deps: FollowerDeps,
  signal: AbortSignal,
): Promise<void> {
  const started = deps.clock()
  let failing = false
  while (!signal.aborted) {
    try {
      const saved = await deps.ledger.cursor(channel.name)
      const oldest = saved === null ? started - NEW_CHANNEL_LOOKS_BACK : 0
      failing = false
      await followFrom(channel, saved ?? '0', oldest, deps, signal)
    } catch (error) {
      if (error instanceof LeaseLost) return
      // Said once: Redis may be away for hours.
      if (!failing) deps.log.warn({ channel: channel.name, reason: reasonOf(error) }, 'notifications wait')
      failing = true
      await deps.pause(PAUSE_AFTER_ERROR, signal)
    }
  }
}

async function followFrom(
  channel: CompiledChannel,
  from: string,
  oldest: number,
  deps: FollowerDeps,
  signal: AbortSignal,
): Promise<void> {
  let cursor = from
  while (!signal.aborted) {
    const changes = await deps.reader.alertChanges(cursor, PAGE)
    if (changes === null) {
      // What lies between is trimmed away. All that is kept is looked at again (the ledger knows what was sent),
      // and what burns now is told even where its beginning is gone.
      await tellOpen(channel, deps, signal)
      if (cursor === '0') await deps.news(POLL, signal)
      cursor = '0'
      continue
    }
    if (changes.length === 0) await deps.news(POLL, signal)
    for (const change of changes) {
      if (signal.aborted) return
      if (!(await handle(channel, change, oldest, deps, signal))) return
      cursor = change.cursor
    }
    if (changes.length > 0) await advance(channel, cursor, deps)
  }
}

/** Settles what a change wants told on this channel; false when the signal ended it before that. */
async function handle(
  channel: CompiledChannel,
  change: AlertChange,
  oldest: number,
  deps: FollowerDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const notice = noticeOf(change)
  if (notice === null || !change.alert.notify.includes(channel.name)) return true
  if (Number(change.cursor.split('-')[0]) < oldest) return true
  if (!(await settle(channel, notice, deps, signal))) return false
  await advance(channel, change.cursor, deps)
  return true
}

async function tellOpen(channel: CompiledChannel, deps: FollowerDeps, signal: AbortSignal): Promise<void> {
  for (const alert of deps.reader.alerts({ state: 'firing' })) {
    if (!alert.notify.includes(channel.name)) continue
    if (!(await settle(channel, { event: 'fired', alert }, deps, signal))) return
  }
}

/** Sends until it is settled; true when it is (also when it was before). */
async function settle(
  channel: CompiledChannel,
  notice: Notice,
  deps: FollowerDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const key = noticeKey(notice, channel.name)
  const before = await deps.ledger.read(key)
  if (before !== null && before.status !== 'sending') return true
  const started = deps.clock()
  for (let attempts = (before?.attempts ?? 0) + 1; ; attempts++) {
    if (signal.aborted) return false
    // Noted before it goes out: after a crash here it goes out again.
    await write(key, { status: 'sending', attempts, at: deps.clock() }, deps)
    const outcome = await deps.send(channel, notice)
    const entry = entryOf(outcome, attempts, deps.clock(), started)
    if (entry !== null) {
      await write(key, entry, deps)
      deps.settled(channel, key, entry)
      return true
    }
    const { reason, afterMs } = outcome as Outcome & { status: 'retry' }
    deps.log.warn(
      { channel: channel.name, alert: notice.alert.id, attempts, reason },
      'notification: another try',
    )
    await deps.pause(Math.max(afterMs ?? 0, backoff(attempts, deps.random())), signal)
  }
}

/** What to write down, or null for another try. */
function entryOf(
  outcome: Outcome | { status: 'printed' },
  attempts: number,
  at: number,
  started: number,
): LedgerEntry | null {
  if (outcome.status === 'failed') return { status: 'failed', attempts, at, reason: outcome.reason }
  if (outcome.status !== 'retry') return { status: outcome.status, attempts, at }
  if (at - started < GIVE_UP) return null
  return { status: 'failed', attempts, at, reason: `given up: ${outcome.reason}` }
}

async function write(key: string, entry: LedgerEntry, { ledger, token }: FollowerDeps): Promise<void> {
  if (!(await ledger.write(token, key, entry))) throw new LeaseLost()
}

async function advance(
  channel: CompiledChannel,
  cursor: string,
  { ledger, token }: FollowerDeps,
): Promise<void> {
  if (!(await ledger.advance(token, channel.name, cursor))) throw new LeaseLost()
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
