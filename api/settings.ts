/** What the API takes from its environment, checked before anything starts. */
import { WeirError } from '../engine/index.ts'

export interface ApiSettings {
  redisUrl: string
  /** Given: the config file is not read for it. */
  namespace: string | null
  config: string
  host: string
  port: number
  /** Needed in every request but the probes; null only on loopback. */
  key: string | null
  /** Bound to this machine only: names other than localhost are refused (DNS rebinding). */
  loopback: boolean
  /** `/readyz` stays 503 until the parent process says `{type: 'release'}`. */
  holdReady: boolean
  /** Notifications go out; else they are printed. */
  deliver: boolean
  allowPrivateWebhooks: boolean
  logLevel: string
}

const MIN_KEY = 16

/** Throws WEIR_SETUP with what to type. */
export function readSettings(env: NodeJS.ProcessEnv): ApiSettings {
  const host = env.HOST || '127.0.0.1'
  const key = env.WEIR_API_KEY || null
  const loopback = isLoopbackName(host)
  if (!loopback && key === null) {
    throw setup(
      `HOST=${host} opens the API to other machines, and WEIR_API_KEY is not set.`,
      'Set WEIR_API_KEY (for example from `openssl rand -hex 24`), or leave HOST at 127.0.0.1.',
    )
  }
  if (key !== null && key.length < MIN_KEY) {
    throw setup(
      `WEIR_API_KEY is shorter than ${MIN_KEY} characters.`,
      'Take one from `openssl rand -hex 24`.',
    )
  }
  return {
    redisUrl: env.REDIS_URL || 'redis://127.0.0.1:6379',
    namespace: env.WEIR_NAMESPACE || null,
    config: env.WEIR_CONFIG || './streams.config.ts',
    host,
    port: readPort(env.PORT),
    key,
    loopback,
    holdReady: env.WEIR_HOLD_READY === '1',
    deliver: env.WEIR_DELIVER === '1',
    allowPrivateWebhooks: env.WEIR_ALLOW_PRIVATE_WEBHOOKS === '1',
    logLevel: env.LOG_LEVEL || 'info',
  }
}

/** Names that always mean this machine; `*.localhost` never leaves it (RFC 6761). */
export function isLoopbackName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    name === '::1' ||
    name === '[::1]'
  )
}

function readPort(text: string | undefined): number {
  if (!text) return 8080
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw setup(
    `PORT=${text.slice(0, 40)} is not a port.`,
    'Give a number from 0 to 65535; 0 takes a free one.',
  )
}

export function setup(message: string, todo: string): WeirError {
  return new WeirError(message, { code: 'WEIR_SETUP', domain: 'user', retry: false, todo })
}
