/** The proxies of the config: which are there, which have failed lately, shared by all processes in Redis. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { type CompiledProxy, exitKeys } from '../../../engine/index.ts'
import { DIRECT, type ExitChoice, type Exits, noExit } from './exit.ts'
import { answers } from './tunnel.ts'
import { type Upstream, upstreamOf } from './upstream.ts'

const TELL = readFileSync(new URL('tell-exit.lua', import.meta.url), 'utf8')
const READ = readFileSync(new URL('read-exit.lua', import.meta.url), 'utf8')

/** A proxy that fails at so many sites within this time is left alone for all, ms: first and at most for so long. */
const SITES = 3
const WITHIN_MS = 600_000
const COOL_MS = 300_000
const LONGEST_MS = 6 * 3_600_000
/** A proxy that answered a moment ago is not asked again, nor is one that did not, ms. */
const CHECKED_MS = 30_000
const ANSWER_MS = 3000
/** What Redis says of a proxy is believed so long, ms. */
const READ_MS = 1000

export interface ExitsWorld {
  env: Readonly<Record<string, string | undefined>>
  /** Never set, ms. */
  mono: () => number
  /** 0 … 1 */
  random: () => number
}

export interface RedisExits extends Exits {
  /** The proxies from now on; what is wrong with them, in words that hold no secret. */
  use(proxies: readonly CompiledProxy[]): string[]
  /** Names of the choice that are no proxy here. */
  missing(choice: ExitChoice): string[]
  /** `ok`, or what is wrong with it, by name. */
  look(): Promise<Record<string, string>>
}

interface Proxy {
  compiled: CompiledProxy
  upstream: Upstream
  check: { at: number; there: Promise<boolean> } | null
  cool: { at: number; left: Promise<number> } | null
}

export function redisExits(redis: Redis, namespace: string, { env, mono, random }: ExitsWorld): RedisExits {
  let proxies = new Map<string, Proxy>()
  redis.defineCommand('weirTellExit', { numberOfKeys: 2, lua: TELL })
  redis.defineCommand('weirReadExit', { numberOfKeys: 1, lua: READ })
  const scripts = redis as Redis &
    Record<'weirTellExit' | 'weirReadExit', (...args: (string | number)[]) => Promise<unknown>>

  /** Why it cannot be used now, or null. */
  async function fault(proxy: Proxy): Promise<string | null> {
    const { name } = proxy.compiled
    if (proxy.cool === null || mono() - proxy.cool.at > READ_MS) {
      const left = scripts.weirReadExit(exitKeys(namespace, name).state).then(Number)
      proxy.cool = { at: mono(), left }
      left.catch(() => (proxy.cool = null))
    }
    const left = await proxy.cool.left
    if (left > 0)
      return `${name} failed at several sites and is left alone for another ${Math.ceil(left / 1000)} s`
    if (proxy.check === null || mono() - proxy.check.at > CHECKED_MS)
      proxy.check = { at: mono(), there: answers(proxy.upstream, ANSWER_MS) }
    return (await proxy.check.there) ? null : `${name} does not answer`
  }

  function chosen({ names, country }: NonNullable<ExitChoice>): Proxy[] {
    return [...proxies.values()].filter(
      ({ compiled }) =>
        (names === null || names.includes(compiled.name)) &&
        (country === null || compiled.country === country),
    )
  }

  return {
    use(all) {
      const problems: string[] = []
      const next = new Map<string, Proxy>()
      for (const compiled of all) {
        try {
          const upstream = upstreamOf(compiled.name, compiled.env, env[compiled.env])
          const known = proxies.get(compiled.name)
          const same = known !== undefined && JSON.stringify(known.upstream) === JSON.stringify(upstream)
          next.set(compiled.name, { compiled, upstream, check: same ? known.check : null, cool: null })
        } catch (error) {
          problems.push((error as { explain(): string }).explain())
        }
      }
      proxies = next
      return problems
    },
    missing: (choice) => (choice?.names ?? []).filter((name) => !proxies.has(name)),
    async candidates(choice, site) {
      if (choice === null) return [DIRECT]
      const looked = await Promise.all(
        chosen(choice).map(async (proxy) => ({ name: proxy.compiled.name, fault: await fault(proxy) })),
      )
      const good = looked.filter((one) => one.fault === null).map(({ name }) => ({ name, order: random() }))
      if (good.length > 0) return good.sort((a, b) => a.order - b.order).map(({ name }) => name)
      const why = looked.length === 0 ? 'there is none' : looked.map((one) => one.fault).join('; ')
      return noExit(choice, site, why)
    },
    upstream(exit) {
      if (exit === DIRECT) return null
      const proxy = proxies.get(exit)
      if (proxy === undefined) throw new Error(`there is no proxy ${exit} any more`)
      return proxy.upstream
    },
    async look() {
      const looked = [...proxies.values()].map(
        async (proxy) => [proxy.compiled.name, (await fault(proxy)) ?? 'ok'] as const,
      )
      return Object.fromEntries(await Promise.all(looked))
    },
    async tell(exit, site, failed) {
      if (exit === DIRECT) return
      const { failures, state } = exitKeys(namespace, exit)
      const limits = [SITES, WITHIN_MS, COOL_MS, LONGEST_MS]
      await scripts.weirTellExit(failures, state, site, failed ? '1' : '', ...limits)
      const known = proxies.get(exit)
      if (known && failed) Object.assign(known, { check: null, cool: null })
    },
  }
}
