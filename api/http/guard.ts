/** Who may ask what: bounds on the URL, the Host header, the key, and where a write or a socket comes from. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { isLoopbackName } from '../settings.ts'
import { problem, type Problem } from './problem.ts'

export interface GuardSettings {
  key: string | null
  loopback: boolean
}

const MAX_URL = 4096
const COOKIE = 'weir_board'
/** Probes carry no key; they say only whether we live and whether we are ready. */
const OPEN = new Set(['/healthz', '/readyz'])

const HEADERS: Record<string, string> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** The first middleware: refuses what must not reach a route, and puts the security headers on every answer. */
export function guard(settings: GuardSettings): MiddlewareHandler {
  return async (c, next) => {
    const refusal = refuse(c, settings)
    if (refusal !== null) c.res = problem(c, refusal)
    else if (isKeyExchange(c, settings)) c.res = c.redirect('/', 303)
    else await next()
    for (const [name, value] of Object.entries(HEADERS)) {
      // The board says for itself what its page may load and how long its files may be kept.
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    }
  }
}

/** Why a request is refused, or null. Cheapest test first; the key before anything about the resource. */
function refuse(c: Context, settings: GuardSettings): Problem | null {
  if (c.req.url.length > MAX_URL) {
    return {
      status: 414,
      title: 'URL too long',
      detail: `The URL is longer than ${MAX_URL} characters.`,
      todo: 'Ask for less at once.',
    }
  }
  const host = c.req.header('host') ?? new URL(c.req.url).host
  if (settings.loopback && !isLoopbackName(host.replace(/:\d+$/, ''))) {
    return {
      status: 421,
      title: 'Wrong host',
      detail: 'This API serves its own machine only, under localhost or 127.0.0.1.',
      todo: 'Use http://localhost, or set HOST and WEIR_API_KEY to serve other machines.',
    }
  }
  if (settings.key !== null && !OPEN.has(c.req.path) && !isKeyed(c, settings.key)) {
    return {
      status: 401,
      title: 'Key needed',
      detail: 'The request carries no key, or not the right one.',
      todo: 'Send the header "authorization: Bearer <WEIR_API_KEY>"; open the board once with /?key=<WEIR_API_KEY>.',
      headers: { 'www-authenticate': 'Bearer realm="weir"' },
    }
  }
  const origin = c.req.header('origin')
  if ((isWrite(c) || isUpgrade(c)) && origin !== undefined && hostOf(origin) !== host.toLowerCase()) {
    return {
      status: 403,
      title: 'Foreign origin',
      detail: 'The request comes from a page of another origin.',
      todo: 'Call the API from its own pages, or from a program that sends no Origin.',
    }
  }
  return null
}

/** A key in a header opens all; the board's cookie opens reading only, so that no page can write with it. */
function isKeyed(c: Context, key: string): boolean {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const given = bearer ?? c.req.header('x-api-key')
  if (given !== undefined) return same(given, key)
  if (isWrite(c)) return false
  const cookie = getCookie(c, COOKIE)
  if (cookie !== undefined && same(cookie, boardToken(key))) return true
  return isBoardKey(c) && same(c.req.query('key')!, key)
}

/**
 * `/?key=…` is exchanged for a cookie at once, so that the key leaves the address bar and a television needs no
 * header. The cookie is not the key: who steals it can look, and a new key ends it.
 */
function isKeyExchange(c: Context, { key }: GuardSettings): boolean {
  if (key === null || !isBoardKey(c) || !same(c.req.query('key')!, key)) return false
  const secure = c.req.url.startsWith('https:') || c.req.header('x-forwarded-proto') === 'https'
  const year = 365 * 86_400
  setCookie(c, COOKIE, boardToken(key), {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: year,
    secure,
  })
  return true
}

function isBoardKey(c: Context): boolean {
  return c.req.path === '/' && c.req.method === 'GET' && c.req.query('key') !== undefined
}

function boardToken(key: string): string {
  return createHmac('sha256', key).update('weir board, read only').digest('base64url')
}

/** Compares in constant time; hashing first makes the lengths equal. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function isWrite(c: Context): boolean {
  return c.req.method !== 'GET' && c.req.method !== 'HEAD'
}

function isUpgrade(c: Context): boolean {
  return c.req.header('upgrade') !== undefined
}

/** Host with port; a TLS proxy in front changes the scheme, so only the host is held against ours. */
function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}
