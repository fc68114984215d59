/** Headers for what strangers made: no script, no form, no origin of its own, never guessed to be another type; it never changes. */
export const INERT = {
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'private, max-age=86400, immutable',
}
