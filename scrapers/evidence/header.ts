/** Response headers that tell why an answer is what it is, and no secret; everything else stays out. */
import { maskText } from './mask.ts'

const TELLING = new Set([
  'age',
  'cache-control',
  'cf-cache-status',
  'cf-mitigated',
  'cf-ray',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'retry-after',
  'server',
  'vary',
  'via',
  'www-authenticate',
  'x-amz-cf-id',
  'x-amz-cf-pop',
  'x-amzn-waf-action',
  'x-cache',
  'x-cdn',
  'x-datadome',
  'x-iinfo',
  'x-powered-by',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-robots-tag',
  'x-served-by',
  'x-sucuri-id',
])
const MAX_LENGTH = 300

/** Names are lower-case already. */
export function tellingHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => TELLING.has(name))
      .map(([name, value]) => [name, maskText(value).slice(0, MAX_LENGTH)]),
  )
}
