/** Compiles the proxies: names of environment variables, and nothing that could be a secret. */
import { ENV_NAME } from './compile-channel.ts'
import type { CompiledProxy } from './compiled.ts'
import type { Mistake } from './mistake.ts'
import { NAME, Options } from './options.ts'
import type { Proxy } from './proxy.ts'

/** Words that a scraper's `exit` has already. */
const TAKEN = ['direct', 'proxy']

/** Never repeats what was written where a name should be: it may be the secret itself. */
export function compileProxies(proxies: readonly Proxy[], mistakes: Mistake[]): CompiledProxy[] {
  const compiled: CompiledProxy[] = []
  for (const proxy of proxies) {
    const options = new Options(
      { name: 'proxy()', source: proxy.source },
      proxy.options,
      ['name', 'country'],
      mistakes,
    )
    const { env } = proxy
    const isName = typeof env === 'string' && ENV_NAME.test(env)
    const name = proxy.options['name'] ?? env
    const country = options.text('country', '').toLowerCase()
    if (!isName)
      options.wrong(
        typeof env === 'string' && env.includes('://')
          ? 'it was given an address, which may hold a password.'
          : 'it was not given the name of an environment variable.',
        "Put the address into the environment and name it here: proxy('PROXY_BERLIN').",
      )
    else if (typeof name !== 'string' || !NAME.test(name) || TAKEN.includes(name))
      options.wrong('name cannot be the name of a proxy.', 'Use letters, digits, _ or -.', 'name')
    else if (compiled.some((other) => other.name === name))
      options.wrong(`another proxy is named '${name}'.`, "Give one of them another name: { name: 'berlin' }.")
    else if (country !== '' && !/^[a-z]{2}$/.test(country))
      options.wrong('country is not two letters.', 'Write it as ISO 3166-1 does, such as de.', 'country')
    else compiled.push({ name, env, country: country === '' ? null : country })
  }
  return compiled
}
