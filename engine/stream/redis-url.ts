/** What a Redis address says: one server, the masters behind Sentinels, or a cluster; with TLS and ACL users. */
import { WeirError } from '../error.ts'

export interface RedisNode {
  host: string
  port: number
}

/** Credentials of an ACL user; without `user` those of the default user. */
export interface Credentials {
  user?: string
  password?: string
}

interface Common {
  /** One for `server`, else those to ask first; they name the others. */
  nodes: RedisNode[]
  tls: boolean
  auth: Credentials
}

export type RedisAddress =
  | (Common & { kind: 'server'; db: number })
  | (Common & { kind: 'sentinel'; db: number; master: string; sentinelAuth: Credentials })
  | (Common & { kind: 'cluster' })

const FORMS =
  'Write redis://host:6379, redis+sentinel://host1:26379,host2:26379/<master name> or redis+cluster://host1:6379,host2:6379; ' +
  'rediss for TLS; user:password@ before the hosts, with special characters percent-encoded.'
const SHAPE = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i
const NODE = /^(\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i
const DEFAULT_PORT = { server: 6379, cluster: 6379, sentinel: 26379 }
const SENTINEL_OPTIONS = ['sentinelUser', 'sentinelPassword']

/** Throws WEIR_USAGE that says what is wrong, and shows nothing of the address that may be secret. */
export function parseRedisUrl(url: string): RedisAddress {
  const shape = SHAPE.exec(url.trim())
  if (shape === null) throw unreadable('this is no address of a Redis')
  const [, scheme = '', variant, authority = '', path = '', query = ''] = shape
  const kind = variant === undefined ? 'server' : (variant.toLowerCase() as 'sentinel' | 'cluster')
  const at = authority.lastIndexOf('@')
  const common: Common = {
    nodes: nodesOf(authority.slice(at + 1), kind),
    tls: scheme.toLowerCase() === 'rediss',
    auth: at < 0 ? {} : credentialsOf(authority.slice(0, at)),
  }
  const options = optionsOf(query, kind === 'sentinel' ? SENTINEL_OPTIONS : [])
  const parts = path.split('/').filter((part) => part !== '')
  if (kind === 'cluster') {
    if (parts.length > 0) throw unreadable('a cluster has no databases, so nothing comes after its hosts')
    return { kind, ...common }
  }
  if (kind === 'sentinel') {
    const master = decoded(parts.shift() ?? '')
    if (master === '') throw unreadable('the name under which the Sentinels know the master is missing')
    const [user, password] = SENTINEL_OPTIONS.map((name) => options.get(name) ?? undefined)
    const sentinelAuth = credentials(user, password)
    return { kind, ...common, master, db: databaseOf(parts), sentinelAuth }
  }
  if (common.nodes.length > 1)
    throw unreadable(
      'several hosts are either the nodes of a cluster or Sentinels, and the scheme says which',
    )
  return { kind, ...common, db: databaseOf(parts) }
}

/** Hosts and ports of an address, for people: never its password. */
export function hostOf(url: string): string {
  try {
    return parseRedisUrl(url).nodes.map(shown).join(',')
  } catch {
    return 'the given address'
  }
}

function shown({ host, port }: RedisNode): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function nodesOf(hosts: string, kind: keyof typeof DEFAULT_PORT): RedisNode[] {
  return hosts.split(',').map((text) => {
    const [, host = '', port] = NODE.exec(text.trim()) ?? []
    const number = port === undefined ? DEFAULT_PORT[kind] : Number(port)
    if (host === '') throw unreadable(hosts === '' ? 'the host is missing' : 'a host cannot be read')
    if (number < 1 || number > 65_535) throw unreadable(`${number} is no port`)
    return { host: host.replace(/^\[|\]$/g, ''), port: number }
  })
}

function credentialsOf(text: string): Credentials {
  const colon = text.indexOf(':')
  const user = colon < 0 ? text : text.slice(0, colon)
  return credentials(decoded(user), colon < 0 ? undefined : decoded(text.slice(colon + 1)))
}

function credentials(user: string | undefined, password: string | undefined): Credentials {
  return { ...(user ? { user } : {}), ...(password === undefined ? {} : { password }) }
}

function databaseOf(parts: string[]): number {
  const [text = '0', ...more] = parts
  if (!/^\d{1,5}$/.test(text) || more.length > 0) throw unreadable('what comes last is no database number')
  return Number(text)
}

function optionsOf(query: string, known: string[]): URLSearchParams {
  const options = new URLSearchParams(query)
  for (const name of options.keys())
    if (!known.includes(name)) throw unreadable(`it has an option that means nothing here`)
  return options
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable('a % in it does not begin a percent-encoded character')
  }
}

function unreadable(what: string): WeirError {
  return new WeirError(`${what}.`, {
    code: 'WEIR_USAGE',
    domain: 'user',
    retry: false,
    where: 'REDIS_URL',
    todo: FORMS,
  })
}
