/** One HTTP exchange with redirects: bounded in time, bytes and hops, timed at the network layer. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { TLSSocket, connect as connectTls } from 'node:tls'
import { PrivateTarget, type Reach, bareHost, guardedLookup, refuseLiteral } from '../../engine/index.ts'
import { maskAddress } from '../evidence/mask-address.ts'
import type { MainResponse, Timings } from '../outcome/signals.ts'
import { dialThrough } from '../politeness/exit/dial.ts'
import type { ExitChoice } from '../politeness/exit/exit.ts'
import type { Upstream } from '../politeness/exit/upstream.ts'
import { readBody } from './body.ts'

export interface Exchange {
  url: string
  headers: Record<string, string>
  /** For everything, redirects and body included, ms. */
  timeout: number
  reach: Reach
  maxBytes: number
  maxRedirects: number
  /** The ways out that may be taken, and the proxy among them that is; without both it is direct. */
  exit?: ExitChoice
  through?: Upstream | null
}

/** What came of it. Errors are texts that `outcome/network.ts` can judge. */
export interface Answer {
  main: MainResponse | null
  finalUrl: string
  body: Buffer
  /** More came than `maxBytes`; the body is its beginning. */
  cut: boolean
  error: string | null
  /** The body broke off after the headers had come. */
  bodyError: string | null
  /** Refused before anything was sent: the address is not public. */
  refused: string | null
  redirects: number
  /** When the certificate of the last host ends, ms since 1970; null without TLS. */
  certEnds: number | null
  timings: Omit<Timings, 'total'>
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_HEADERS = 100

/** Never rejects. */
export async function exchange(wanted: Exchange): Promise<Answer> {
  const signal = AbortSignal.timeout(wanted.timeout)
  const answer: Answer = {
    main: null,
    finalUrl: wanted.url,
    body: Buffer.alloc(0),
    cut: false,
    error: null,
    bodyError: null,
    refused: null,
    redirects: 0,
    certEnds: null,
    timings: {},
  }
  try {
    for (let hop = 0; ; hop += 1) {
      const { response, timings } = await send(answer.finalUrl, wanted, signal)
      answer.timings = timings
      answer.certEnds = certificateEnd(response)
      const next = redirectTarget(response, answer.finalUrl)
      if (next === null) {
        answer.main = mainOf(response)
        const { body, cut, error } = await readBody(response, wanted.maxBytes)
        answer.body = body
        answer.cut = cut
        if (error !== null) answer.bodyError = signal.aborted ? null : `BODY_TRUNCATED: ${error}`
        if (error !== null && signal.aborted) answer.error = timeoutText(wanted.timeout)
        return answer
      }
      response.destroy()
      if (hop >= wanted.maxRedirects) throw new Error(`TOO_MANY_REDIRECTS: more than ${wanted.maxRedirects}`)
      answer.finalUrl = next
      answer.redirects = hop + 1
    }
  } catch (error) {
    if (error instanceof PrivateTarget) answer.refused = error.message
    else answer.error = signal.aborted ? timeoutText(wanted.timeout) : errorText(error)
    return answer
  }
}

interface Sent {
  response: IncomingMessage
  timings: Answer['timings']
}

function send(url: string, wanted: Exchange, signal: AbortSignal): Promise<Sent> {
  const target = new URL(url)
  const refused = refuseLiteral(target.hostname, wanted.reach)
  if (refused) return Promise.reject(refused)
  // Nobody goes direct because somebody forgot to say through what.
  if (wanted.exit && !wanted.through)
    return Promise.reject(new Error('ERR_PROXY_CONNECTION_FAILED: no proxy was chosen'))
  const start = target.protocol === 'https:' ? httpsRequest : httpRequest
  const foreign = target.origin !== new URL(wanted.url).origin
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const marks: Marks = {}
    const request = start(target, {
      // A fresh connection each time: a reused one would hide what connecting costs, and that it fails.
      ...(wanted.through ? proxied(target, wanted, wanted.through, marks) : { agent: false as const }),
      lookup: guardedLookup(wanted.reach),
      signal,
      maxHeaderSize: 64 * 1024,
      headers: {
        'user-agent': 'Weir/0.1 (monitoring)',
        accept: '*/*',
        'accept-encoding': 'gzip, deflate, br',
        // What was meant for one host is not told to another.
        ...(foreign ? {} : wanted.headers),
      },
    })
    request.once('socket', (socket) => {
      socket.once('lookup', () => (marks.found = performance.now()))
      socket.once('connect', () => (marks.connected = performance.now()))
      socket.once('secureConnect', () => (marks.secured = performance.now()))
    })
    request.once('finish', () => (marks.sent = performance.now()))
    // After the response these change nothing: later errors belong to the body, whose reader sees them too.
    request.on('error', reject)
    // An answer in another protocol (101) is no response, and no error either.
    request.on('close', () => reject(new Error('BAD_ANSWER: the connection was closed without a response')))
    request.once('response', (response) => {
      resolve({ response, timings: spans(begun, marks, performance.now()) })
    })
    request.end()
  })
}

interface Marks {
  found?: number
  connected?: number
  secured?: number
  sent?: number
}

/** The connection is made by the proxy, to an address that was judged here; TLS goes through it to the site. */
function proxied(target: URL, wanted: Exchange, through: Upstream, marks: Marks): RequestOptions {
  const secure = target.protocol === 'https:'
  const port = Number(target.port) || (secure ? 443 : 80)
  const found = (): void => void (marks.found = performance.now())
  return {
    createConnection: (_, done) => {
      dialThrough(through, target.hostname, port, {
        reach: wanted.reach,
        timeout: wanted.timeout,
        found,
      }).then(
        (socket) => {
          marks.connected = performance.now()
          const host = bareHost(target.hostname)
          done(
            null,
            secure ? connectTls({ socket, host, ...(isIP(host) === 0 && { servername: host }) }) : socket,
          )
        },
        (error: Error) => done(error, undefined as never),
      )
      return undefined
    },
  }
}

function spans(begun: number, { found, connected, secured, sent }: Marks, first: number): Answer['timings'] {
  const ready = secured ?? connected ?? begun
  const tenth = (ms: number) => Math.max(0, Math.round(ms * 10) / 10)
  return {
    ...(found === undefined ? {} : { dns: tenth(found - begun) }),
    ...(connected === undefined ? {} : { connect: tenth(connected - (found ?? begun)) }),
    ...(secured === undefined || connected === undefined ? {} : { tls: tenth(secured - connected) }),
    // `finish` may be told before the connection stands: nothing was on the wire until both.
    response: tenth(first - Math.max(sent ?? ready, ready)),
    firstByte: tenth(first - begun),
  }
}

function certificateEnd({ socket }: IncomingMessage): number | null {
  if (!(socket instanceof TLSSocket)) return null
  const end = Date.parse(socket.getPeerCertificate().valid_to)
  return Number.isFinite(end) ? end : null
}

function redirectTarget(response: IncomingMessage, from: string): string | null {
  const { location } = response.headers
  if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return null
  const target = URL.canParse(location, from) ? new URL(location, from) : null
  if (!target || !/^https?:$/.test(target.protocol))
    throw new Error(`BAD_REDIRECT: to ${maskAddress(location).slice(0, 100)}`)
  return target.href
}

function mainOf(response: IncomingMessage): MainResponse {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers).slice(0, MAX_HEADERS)) {
    if (value !== undefined) headers[name] = (Array.isArray(value) ? value.join(', ') : value).slice(0, 1000)
  }
  return { status: response.statusCode ?? 0, headers }
}

function timeoutText(ms: number): string {
  return `TimeoutError: no complete answer within ${ms} ms`
}

function errorText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  // An error of several attempts (IPv4 and IPv6) has its codes inside.
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0])
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`
}
