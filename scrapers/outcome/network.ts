/** What an error of the network says about whom: the site, the proxy, or ourselves. */
import type { Outcome } from '../../engine/index.ts'

export interface NetworkVerdict {
  outcome: Extract<Outcome, 'crashed' | 'proxy_failed' | 'site_down'>
  reason: string
}

// Order matters: proxies before the general connection errors, our own state before everything.
const TABLE: [RegExp, NetworkVerdict['outcome'], string][] = [
  [
    /ERR_UNSAFE_PORT|ERR_BLOCKED_BY_CLIENT|ERR_BLOCKED_BY_ADMINISTRATOR|ERR_INVALID_URL|ERR_DISALLOWED_URL_SCHEME|ERR_UNKNOWN_URL_SCHEME|ERR_INVALID_CHAR|ERR_INVALID_HTTP_TOKEN|ERR_HTTP_INVALID_HEADER_VALUE/,
    'crashed',
    'config',
  ],
  [
    /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_NETWORK_IO_SUSPENDED|EMFILE|ENFILE|ENOBUFS|ERR_INSUFFICIENT_RESOURCES|ERR_OUT_OF_MEMORY/,
    'crashed',
    'config',
  ],
  [/ERR_PROXY_AUTH|ERR_UNEXPECTED_PROXY_AUTH/, 'proxy_failed', 'auth'],
  [/ERR_PROXY_CERTIFICATE/, 'proxy_failed', 'tls'],
  [/ERR_TUNNEL_/, 'proxy_failed', 'tunnel'],
  [/ERR_PROXY_|ERR_SOCKS_|ERR_MANDATORY_PROXY/, 'proxy_failed', 'connect'],
  [/ERR_TOO_MANY_REDIRECTS|TOO_MANY_REDIRECTS/, 'site_down', 'redirect_loop'],
  [
    /ERR_NAME_|ERR_DNS_|ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME|ERR_ICANN_NAME_COLLISION/,
    'site_down',
    'dns',
  ],
  [
    /ERR_CERT_|ERR_CERTIFICATE_|HOSTNAME_MISMATCH|ERR_SSL_|ERR_BAD_SSL|ERR_TLS_|CERT_|SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|EPROTO/,
    'site_down',
    'tls',
  ],
  [
    /ERR_CONNECTION_RESET|ERR_CONNECTION_CLOSED|ERR_CONNECTION_ABORTED|ECONNRESET|EPIPE|socket hang up/,
    'site_down',
    'reset',
  ],
  [/ERR_CONNECTION_TIMED_OUT|ERR_TIMED_OUT|ETIMEDOUT|TimeoutError|timeout/i, 'site_down', 'timeout'],
  [
    /ERR_CONNECTION_|ERR_ADDRESS_|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ERR_SOCKET_NOT_CONNECTED/,
    'site_down',
    'connect',
  ],
  [
    /ERR_CONTENT_DECODING_FAILED|ERR_CONTENT_LENGTH_MISMATCH|ERR_INCOMPLETE_CHUNKED_ENCODING|BODY_TRUNCATED/,
    'site_down',
    'truncated',
  ],
  [
    /ERR_EMPTY_RESPONSE|ERR_BLOCKED_BY_RESPONSE|ERR_INVALID_(?:HTTP_RESPONSE|CHUNKED_ENCODING|REDIRECT)|ERR_RESPONSE_HEADERS_|ERR_HTTP2_|ERR_QUIC_|ERR_UNSAFE_REDIRECT|HPE_|BAD_ANSWER|BAD_REDIRECT|BODY_TOO_LARGE/,
    'site_down',
    'bad_response',
  ],
]

/** The verdict on an error text, or null where the text says nothing about the network. */
export function networkVerdict(text: string): NetworkVerdict | null {
  for (const [pattern, outcome, reason] of TABLE) {
    if (pattern.test(text)) return { outcome, reason }
  }
  return null
}
