/**
 * `weir dev --torture`: kill -9 of one process every five seconds, in turn by a seed, while producers send and an
 * auditor compares. Everything is started again at once, as it is whenever a part of `weir dev` ends by itself.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProvidedRedis } from '../redis.ts'
import type { Role, RoleOptions } from '../role.ts'
import type { FromAudit, ToAudit } from './audit.ts'
import { PRODUCERS } from './row.ts'
import { REDIS, victims } from './victims.ts'

export interface TortureOptions {
  /** Folder of this start; the ledgers get one in it. */
  state: string
  seed: number
  redis: ProvidedRedis
  /** Parts that are killed, beside Redis and the producers. */
  parts: Role[]
  /** Starts a part from a file of this folder. */
  start: (name: string, file: string, more: Pick<RoleOptions, 'args' | 'onMessage'>) => Role
  say: (line: string) => void
}

export interface Torture {
  /** In the order in which they are stopped. */
  readonly roles: Role[]
  /** Kills until `signal` is aborted. Rejects when Redis does not come back. */
  run(signal: AbortSignal): Promise<void>
  /** Lets the producers finish, and waits until all that they have sent is compared. */
  settle(): Promise<void>
  /** `lost 0 doubled 0 of 1204331 events, 62 kills`, as of the newest comparison. */
  result(): { line: string; exact: boolean }
}

const EVERY_MS = 5000
const SETTLE_MS = 60_000
const ASK_MS = 500

export function startTorture({ state, seed, redis, parts, start, say }: TortureOptions): Torture {
  const folder = join(state, 'torture-ledger')
  // Redis begins without data, and so do they.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const finished = new Set<number>()
  let found: FromAudit | null = null
  let unsettled = false
  let kills = 0

  const producers = Array.from({ length: PRODUCERS }, (_, n) =>
    start(`producer-${n + 1}`, 'producer.ts', {
      args: () => [String(n + 1), folder],
      onMessage: (message) => {
        if ((message as { type?: string }).type === 'finished') finished.add(n)
      },
    }),
  )
  const audit = start('audit', 'audit.ts', {
    args: () => [folder],
    onMessage: (message) => {
      if ((message as { type?: string }).type === 'found') found = message as FromAudit
    },
  })
  const tell = (message: ToAudit): void => audit.send(message)
  const mortal = new Map([...parts, ...producers].map((role) => [role.name, role]))

  const kill = async (name: string): Promise<void> => {
    kills++
    const { events = 0, lost = 0, doubled = 0 } = found ?? {}
    const so = `${events.toLocaleString('en')} events, lost ${lost}, doubled ${doubled}`
    say(`kill ${kills}: ${name.padEnd(12)}${so}`)
    if (name === REDIS) await redis.kill()
    else mortal.get(name)!.kill()
    tell({ type: 'kills', kills })
  }

  /** Asks again until it is so: who has just been killed hears nothing. */
  const until = async (holds: () => boolean, ask: () => void, deadline: number): Promise<boolean> => {
    while (!holds()) {
      if (performance.now() > deadline) return false
      ask()
      await sleep(ASK_MS)
    }
    return true
  }

  return {
    roles: [...producers, audit],
    async run(signal) {
      for (const name of victims(seed, [...mortal.keys()])) {
        await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) return
        await kill(name)
      }
    },
    async settle() {
      const deadline = performance.now() + SETTLE_MS
      const finish = (): void => producers.forEach((producer) => producer.send({ type: 'finish' }))
      const sent = await until(() => finished.size === PRODUCERS, finish, deadline)
      const compared = await until(
        () => found?.settled === true,
        () => tell({ type: 'settle' }),
        deadline,
      )
      unsettled = !sent || !compared
    },
    result() {
      const { events = 0, lost = 0, doubled = 0, problem = null } = found ?? {}
      const why = unsettled ? `not all is compared after ${SETTLE_MS / 1000} s` : problem
      const line = `lost ${lost} doubled ${doubled} of ${events} events, ${kills} kills`
      return {
        line: why === null ? line : `${why}\n${line}`,
        exact: lost === 0 && doubled === 0 && why === null,
      }
    },
  }
}
