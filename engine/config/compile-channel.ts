/** Compiles a channel: the name of an environment variable, and nothing that could be a secret. */
import type { Channel } from './channel.ts'
import type { CompiledChannel } from './compiled.ts'
import type { Mistake } from './mistake.ts'
import { NAME, Options } from './options.ts'

export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/

export function channelName(channel: Channel): string {
  const name = channel.options['name'] ?? channel.env
  return typeof name === 'string' && NAME.test(name) ? name : '?'
}

/** Never repeats what was written where a name should be: it may be the secret itself. */
export function compileChannel(channel: Channel, mistakes: Mistake[]): CompiledChannel {
  const subject = { name: `${channel.kind}()`, source: channel.source }
  const options = new Options(subject, channel.options, ['name'], mistakes)
  const { env } = channel
  const isName = typeof env === 'string' && ENV_NAME.test(env)
  if (!isName) {
    const url = typeof env === 'string' && env.includes('://')
    options.wrong(
      url
        ? 'it was given a URL, and whoever has the URL can post.'
        : 'it was not given the name of an environment variable.',
      `Put the URL into the environment and name it here: ${channel.kind}('${channel.kind.toUpperCase()}_URL').`,
    )
  } else if (channelName(channel) === '?')
    options.wrong('name cannot be the name of a channel.', 'Use letters, digits, _ or -.', 'name')
  return { name: channelName(channel), kind: channel.kind, env: isName ? env : '?' }
}
