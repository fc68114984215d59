/** The one error class of Weir: what went wrong, where, and what to do next. */

/** Whose fault it is: `user` (config, input), `external` (Redis, a site, a webhook), `internal` (a bug). */
export type Domain = 'user' | 'external' | 'internal'

export interface WeirErrorDetail {
  /** Stable, documented code such as `WEIR_CONFIG`; `docs/errors.md` lists exactly these. */
  code: ErrorCode
  domain: Domain
  /** Whether doing the same again later can succeed. */
  retry: boolean
  /** Where: a file with line, a field path, a key. */
  where?: string
  /** One imperative sentence: what the reader should do. */
  todo?: string
  cause?: unknown
}

export const ERROR_CODES = [
  'WEIR_CONFIG',
  'WEIR_CONFIG_NOT_FOUND',
  'WEIR_STREAM_UNKNOWN',
  'WEIR_METRIC_UNKNOWN',
  'WEIR_QUERY',
  'WEIR_REDIS_AWAY',
  'WEIR_NEWER',
  'WEIR_SNAPSHOT',
  'WEIR_RECOVERY_MISMATCH',
  'WEIR_LOG_SHORTENED',
  'WEIR_POSITION_LOST',
  'WEIR_WRONG_TYPE',
  'WEIR_LOG_AHEAD',
  'WEIR_PRODUCER_CLOSED',
  'WEIR_SPOOL',
  'WEIR_SETUP',
  'WEIR_USAGE',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

export class WeirError extends Error {
  readonly code: ErrorCode
  readonly domain: Domain
  readonly retry: boolean
  readonly where: string | undefined
  readonly todo: string | undefined

  constructor(message: string, detail: WeirErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'WeirError'
    this.code = detail.code
    this.domain = detail.domain
    this.retry = detail.retry
    this.where = detail.where
    this.todo = detail.todo
  }

  /** Three parts in one line: where, what, what to do. */
  explain(): string {
    return [this.where ? `${this.where}: ` : '', this.message, this.todo ? ` ${this.todo}` : ''].join('')
  }
}
