/** Channels: whom rules tell. A channel names the environment variable that holds its URL, never the URL. */
import { callerOf, type Source } from './source.ts'
import { plain } from './stream.ts'

export interface Channel {
  readonly kind: 'slack' | 'webhook'
  readonly env: unknown
  readonly options: Readonly<Record<string, unknown>>
  readonly source: Source | null
}

export interface ChannelOptions {
  /** Unique; default the name of the variable. */
  name?: string
}

export type EnvName<E extends string> = E extends `${string}:${string}`
  ? 'the name of an environment variable; the URL itself is a secret'
  : E

/** A Slack incoming webhook whose URL is in the environment variable `env`. */
export function slack<const E extends string>(env: EnvName<E>, options: ChannelOptions = {}): Channel {
  return { kind: 'slack', env, options: plain(options), source: callerOf(slack) }
}

/** Any receiver of JSON over HTTP POST whose URL is in the environment variable `env`. */
export function webhook<const E extends string>(env: EnvName<E>, options: ChannelOptions = {}): Channel {
  return { kind: 'webhook', env, options: plain(options), source: callerOf(webhook) }
}
