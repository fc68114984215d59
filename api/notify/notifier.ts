/** Tells people: while this process holds the lease, one follower per channel of the active config. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompiledChannel, Reader } from '../../engine/index.ts'
import { followChannel, type FollowerDeps } from './channel-follower.ts'
import type { Ledger } from './ledger.ts'

export interface NotifierDeps extends Pick<FollowerDeps, 'send' | 'settled' | 'clock' | 'random'> {
  reader: Reader
  ledger: Ledger
  log: FollowerDeps['log']
  /** How often the lease is renewed or asked for, ms; well under its length. */
  holdEvery?: number
}

const HOLD_EVERY = 4000
const PRUNE_EVERY = 3_600_000
const KEEP = 30 * 86_400_000

export interface Notifier {
  /** Resolves when nothing is being sent any more; the lease is given back. */
  stop(): Promise<void>
}

export function startNotifier(deps: NotifierDeps): Notifier {
  const { reader, ledger, clock, holdEvery = HOLD_EVERY } = deps
  const token = randomUUID()
  const stopping = new AbortController()
  const bell = new EventTarget()
  const following = new Map<string, { abort: AbortController; done: Promise<void> }>()
  let prunedAt = clock()

  const follower: FollowerDeps = { ...deps, token, pause, news: (ms, signal) => rung(bell, ms, signal) }
  const unsubscribe = reader.subscribe((change) => {
    if (change.type === 'alert' || change.type === 'config') bell.dispatchEvent(new Event('ring'))
  })

  const end = async (names: Iterable<string>): Promise<void> => {
    const ended = [...names].map((name) => following.get(name)!)
    for (const each of ended) each.abort.abort()
    await Promise.all(ended.map((each) => each.done))
  }

  /** Followers for exactly the channels of the config; the key holds all that a channel is. */
  const reconcile = async (channels: readonly CompiledChannel[]): Promise<void> => {
    const wanted = new Map(channels.map((channel) => [JSON.stringify(channel), channel]))
    await end([...following.keys()].filter((key) => !wanted.has(key)))
    for (const [key, channel] of wanted) {
      if (following.has(key)) continue
      const abort = new AbortController()
      const done = followChannel(channel, follower, abort.signal).finally(() => following.delete(key))
      following.set(key, { abort, done })
    }
  }

  const round = async (): Promise<void> => {
    const held = await ledger.hold(token)
    await (held ? reconcile(reader.config()?.channels ?? []) : end([...following.keys()]))
    if (held && clock() - prunedAt > PRUNE_EVERY) {
      prunedAt = clock()
      await ledger.prune(token, clock() - KEEP)
    }
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      // With Redis away the followers wait by themselves, and whoever writes without the lease is refused.
      await round().catch(() => undefined)
      await pause(holdEvery, stopping.signal)
    }
  }
  const running = run()

  return {
    stop: async () => {
      unsubscribe()
      stopping.abort()
      await running
      await end([...following.keys()])
      await ledger.release(token).catch(() => undefined)
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

async function rung(bell: EventTarget, ms: number, signal: AbortSignal): Promise<void> {
  const heard = new AbortController()
  const ring = () => heard.abort()
  bell.addEventListener('ring', ring, { once: true })
  await pause(ms, AbortSignal.any([signal, heard.signal]))
  bell.removeEventListener('ring', ring)
}
