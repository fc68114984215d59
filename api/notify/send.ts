/** The way out of a notice: in its channel's format to its channel's address, or printed where nothing may go out. */
import type { CompiledChannel } from '../../engine/index.ts'
import { deliver, type Outcome } from './deliver.ts'
import { readDestination } from './destination.ts'
import { messageLines, noticeKey, type Notice } from './message.ts'
import { slackMessage } from './slack-message.ts'
import { webhookMessage } from './webhook-message.ts'

export interface SendOptions {
  env: NodeJS.ProcessEnv
  allowPrivate: boolean
  clock: () => number
  timeoutMs?: number
}

const TIMEOUT = 8000

/** Addresses are read from the environment at each sending and kept nowhere. */
export function sender(options: SendOptions) {
  const { env, allowPrivate, clock, timeoutMs = TIMEOUT } = options
  return async (channel: CompiledChannel, notice: Notice): Promise<Outcome> => {
    const destination = readDestination(env, channel.env, allowPrivate)
    if (!destination.ok) return { status: 'failed', reason: destination.reason }
    const body = channel.kind === 'slack' ? slackMessage(notice) : webhookMessage(notice, channel.name)
    return deliver(destination.url, body, noticeKey(notice, channel.name), { timeoutMs, allowPrivate, clock })
  }
}

/** Prints instead of sending: what would have gone out, and where to. */
export function printer(print: (text: string) => void) {
  return async (channel: CompiledChannel, notice: Notice): Promise<{ status: 'printed' }> => {
    const [first, ...rest] = messageLines(notice)
    print([`[${channel.kind} ${channel.name}] ${first}`, ...rest.map((line) => `    ${line}`)].join('\n'))
    return { status: 'printed' }
  }
}
