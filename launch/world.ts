/** The example world as a child: opens its sites, sends its past, tells what will go wrong. */
import { join } from 'node:path'
import { WeirError } from '../engine/index.ts'
import type { LogFile } from './log-file.ts'
import { ROOT } from './place.ts'
import type { Reaper } from './reaper.ts'
import { startRole, type Role } from './role.ts'

export interface ExampleWorld {
  readonly role: Role
  /** What the scrapers must know to find its sites. */
  readonly env: NodeJS.ProcessEnv
  /** Sends the past; resolves with the number of events and what will go wrong, in words. */
  sendHistory(): Promise<{ events: number; play: string }>
}

export interface WorldOptions {
  seed: string
  /** Where events are posted, without the stream's name. */
  eventsTo: string
  env: NodeJS.ProcessEnv
  log: LogFile
  reaper: Reaper
  say: (line: string) => void
}

type Message =
  | { type: 'listening'; port: number; env: NodeJS.ProcessEnv }
  | { type: 'history'; sent: number; total: number }
  | { type: 'history-done'; events: number }
  | { type: 'play'; text: string }
  | { type: 'failed'; message: string }

/** Hours of the past that a fresh world sends. */
export const HISTORY_HOURS = 25

/** Resolves when its sites are open. Rejects with what it says when it cannot start. */
export async function startWorld(options: WorldOptions): Promise<ExampleWorld> {
  const { seed, eventsTo } = options
  const listening = deferred<{ port: number; env: NodeJS.ProcessEnv }>()
  const past = deferred<{ events: number; play: string }>()
  past.promise.catch(() => undefined)
  let port = 0
  let events = 0
  const hear = (message: Message): void => {
    switch (message.type) {
      case 'listening':
        port = message.port
        return listening.resolve({ port, env: message.env })
      case 'history-done':
        events = message.events
        return
      case 'play':
        return past.resolve({ events, play: message.text })
      case 'failed': {
        const error = new WeirError(message.message, { code: 'WEIR_SETUP', domain: 'internal', retry: true })
        listening.reject(error)
        return past.reject(error)
      }
      case 'history':
        return
    }
  }
  const role: Role = startRole({
    name: 'world',
    essential: true,
    file: join(ROOT, 'examples/world/main.ts'),
    // Started again it keeps its address and does not send its past twice.
    args: (starts) => {
      const hours = starts === 0 ? HISTORY_HOURS : 0
      return ['--seed', seed, '--history-to', eventsTo, '--port', String(port), '--hours', String(hours)]
    },
    env: { ...options.env, ...authorization(options.env['WEIR_API_KEY']) },
    log: options.log,
    reaper: options.reaper,
    say: options.say,
    onMessage: (message) => hear(message as Message),
    onRestart: () => role.send({ type: 'send-history' }),
  })
  role.started.catch(listening.reject)
  const { env } = await listening.promise
  return {
    role,
    env,
    sendHistory: () => {
      role.send({ type: 'send-history' })
      return past.promise
    },
  }
}

/** The world knows nothing of Weir: it is told what to send along. */
function authorization(key: string | undefined): NodeJS.ProcessEnv {
  return key ? { HISTORY_AUTHORIZATION: `Bearer ${key}` } : {}
}

interface Deferred<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: unknown) => void
}

function deferred<T>(): Deferred<T> {
  const parts = {} as Deferred<T>
  parts.promise = new Promise<T>((resolve, reject) => Object.assign(parts, { resolve, reject }))
  return parts
}
