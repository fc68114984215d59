/** Every error of the API as Problem JSON (RFC 9457), with one more member: `todo`, what to do about it. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { WeirError, type ErrorCode } from '../../engine/index.ts'

export interface Problem {
  status: number
  title: string
  /** What went wrong this time. Never a stack, never a secret. */
  detail: string
  /** One imperative sentence. */
  todo: string
  code?: ErrorCode
  headers?: Record<string, string>
  /** Members beside the standard ones. */
  more?: Record<string, unknown>
}

const STATUS: Partial<Record<ErrorCode, { status: number; title: string }>> = {
  WEIR_METRIC_UNKNOWN: { status: 404, title: 'Unknown metric' },
  WEIR_STREAM_UNKNOWN: { status: 404, title: 'Unknown stream' },
  WEIR_QUERY: { status: 400, title: 'Bad query' },
  WEIR_REDIS_AWAY: { status: 503, title: 'Redis is away' },
  WEIR_PRODUCER_CLOSED: { status: 503, title: 'Shutting down' },
}

/** Seconds a client should wait where waiting helps. */
export const RETRY_AFTER = { 'retry-after': '5' }

export const REDIS_AWAY: Problem = {
  status: 503,
  title: 'Redis is away',
  detail: 'The API cannot reach Redis at the moment.',
  todo: 'Try again in a few seconds; /readyz says when it is back.',
  code: 'WEIR_REDIS_AWAY',
  headers: RETRY_AFTER,
}

export const NO_CONFIG: Problem = {
  status: 503,
  title: 'No configuration yet',
  detail: 'No configuration has been applied, so there are no metrics and no streams.',
  todo: 'Start the engine with a config and try again; /readyz says when it is there.',
  headers: RETRY_AFTER,
}

export function problem(c: Context, of: Problem): Response {
  const body = problemBody(of, c.req.path)
  return c.body(body, of.status as 400, { 'content-type': 'application/problem+json', ...of.headers })
}

/** The JSON text; `instance` is a path without its query, because a query may hold the key. */
export function problemBody(of: Problem, instance: string): string {
  return JSON.stringify({
    type: `urn:weir:problem:${of.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
    title: of.title,
    status: of.status,
    detail: of.detail,
    instance: instance.slice(0, 300),
    todo: of.todo,
    ...(of.code === undefined ? {} : { code: of.code }),
    ...of.more,
  })
}

/** What to answer for something thrown. What we do not know is a 500 that says nothing about our inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof WeirError) return ofWeirError(error)
  if (isRedisAway(error)) return REDIS_AWAY
  if (error instanceof HTTPException && error.status < 500) {
    return { status: error.status, title: 'Bad request', detail: error.message, todo: 'See docs/api.md.' }
  }
  return {
    status: 500,
    title: 'Internal error',
    detail: 'Something failed inside Weir; the log of the API has the details.',
    todo: 'Try again; if it stays, report it with the log line.',
  }
}

function ofWeirError(error: WeirError): Problem {
  const fallback =
    error.domain === 'user'
      ? { status: 400, title: 'Bad request' }
      : error.retry
        ? { status: 503, title: 'Not available now' }
        : { status: 500, title: 'Internal error' }
  const { status, title } = STATUS[error.code] ?? fallback
  const problem: Problem = {
    status,
    title,
    detail: error.where === undefined ? error.message : `${error.where}: ${error.message}`,
    todo: error.todo ?? 'See docs/api.md.',
    code: error.code,
  }
  return status === 503 ? { ...problem, headers: RETRY_AFTER } : problem
}

/** Whether an error of the Redis client means "not reachable" rather than "refused the command". */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof WeirError) return error.code === 'WEIR_REDIS_AWAY'
  const code = (error as { code?: unknown }).code
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND'].includes(String(code)) ||
    /^(Connection is closed|Stream isn't writeable|Command timed out|LOADING )/.test(error.message)
  )
}
