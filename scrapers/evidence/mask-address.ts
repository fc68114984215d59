/**
 * Addresses as they may be told: in events, ledgers, evidence, proposals, fixtures and logs. Whoever visits needs the
 * whole address; whoever reads about it later does not need what opens doors.
 */
import { maskText } from './mask.ts'

/** Of a longer address the rest is nobody's loss. */
const MAX_LENGTH = 8000
const SECRET = '[secret]'
/** How often a value may be encoded within a value. */
const LAYERS = 3
/** Host and port of what is visited: whose page it is. After other schemes anything may stand there. */
const AUTHORITY = /^\s*(?:(?:https?|wss?):)?[\\/]{2}[^\\/?#]*/i

/**
 * The address without user, password and fragment, and without the values of parameters and the pieces of its path
 * that are secret by their name or look so. One that holds nothing of it stays as it is; twice is the same as once.
 */
export function maskAddress(address: string): string {
  // Parsers of addresses leave these out, so they must not hide a name.
  const whole = address.slice(0, MAX_LENGTH).replace(/[\t\r\n]/g, '')
  const scheme = /^\s*([a-z][\w+.-]{0,30}:)(?![\\/])/i.exec(whole)?.[1]
  // Mail, script and data are all content and no way to it.
  if (scheme !== undefined && !/^https?:$/i.test(scheme)) return `${scheme}${SECRET}`
  const [bare = ''] = withoutUser(whole).split('#', 1)
  const [path = '', ...query] = maskParameters(bare).split('?')
  const authority = AUTHORITY.exec(path)?.[0] ?? ''
  const told = path
    .slice(authority.length)
    .split('/')
    .map((piece) => (isTokenInPath(piece) ? SECRET : piece))
    .join('/')
  return [authority + told, ...query.map((piece) => piece.replace(/[^&]+/g, parameter))].join('?')
}

/** Text with each address in it as it may be told. An apostrophe may be a part of one, or stand after it. */
export function maskAddresses(text: string): string {
  return text.replace(/\b[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^\s"'<>]|'(?![\s,)]|$))+/gi, maskAddress)
}

/**
 * Any address, or a part of one, without the values of parameters whose names say that they are secret. Self-contained:
 * its source also travels into pages, where pictures must still be found and links be read, so only names count.
 */
export function maskParameters(address: string): string {
  const anywhere =
    /passw|passphrase|pwd|secret|token|session|sessid|csrf|xsrf|credential|signature|oauth|authoriz|authenti|auth(?:code|id)|auth$|jwt|saml|bearer|hmac|nonce/
  const key =
    /(?:api|access|private|client|license|account|auth|app|shared|consumer|subscription|hash|encrypt\w{0,9}|sign\w{0,9}|my)key/
  const code = /(?:access|invite|verif\w{0,9}|reset|login|confirm\w{0,9})[^a-z0-9]?code/
  const asWord = /(?:^|[^a-z0-9])(?:auth|keys?|pass|pin|pw|otp|sess|sid|sig|sign|ticket)(?![a-z0-9])|^code$/
  const decoded = (name: string): string => {
    try {
      return decodeURIComponent(name)
    } catch {
      return name
    }
  }
  const isSecret = (name: string): boolean => {
    const words = decoded(name)
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
    return [anywhere, key, code, asWord].some((one) => one.test(words))
  }
  const masked = (parts: string[]): string[] => {
    const from = parts.findIndex((part) => part.includes('=') && isSecret(part.slice(0, part.indexOf('='))))
    if (from < 0) return parts
    const part = parts[from] ?? ''
    // In a query `;` may be a part of the value.
    return [...parts.slice(0, from), `${part.slice(0, part.indexOf('=') + 1)}[secret]`]
  }
  return address
    .split(/([?&#])/)
    .map((piece, i) => {
      if (i % 2 === 1 || !piece.includes('=')) return piece
      if (i > 0) return masked(piece.split(';')).join(';')
      return piece
        .split(/([/;])/)
        .map((part) => masked([part])[0])
        .join('')
    })
    .join('')
}

function withoutUser(address: string): string {
  if (!URL.canParse(address)) return address.replace(/([\\/]{2})[^\\/?#]*@/, '$1')
  const url = new URL(address)
  if (url.username === '' && url.password === '') return address
  url.username = ''
  url.password = ''
  return url.href
}

/** A parameter that is no secret by its name. */
function parameter(whole: string): string {
  const at = whole.indexOf('=')
  return isTold(whole.slice(at + 1)) ? whole : `${whole.slice(0, at + 1)}${SECRET}`
}

/** What stands in a value may be encoded, also several times; what is deeper than that nobody reads. */
function isTold(value: string): boolean {
  let layer = value
  for (let i = 0; i < LAYERS; i += 1) {
    if (layer === SECRET) return true
    const nested = maskParameters(layer) !== layer || /[\\/]{2}[^\\/?#]*@/.test(layer)
    if (nested || maskText(layer) !== layer || isToken(layer)) return false
    const next = decode(layer)
    if (next === layer) return true
    layer = next
  }
  return false
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Numbers are what paths are made of; only secrets are taken out of them. */
function isTokenInPath(piece: string): boolean {
  const text = decode(piece).replaceAll(SECRET, '')
  return /\[(?:token|secret|email|iban)\]/.test(maskText(text)) || isToken(text)
}

/** A word of 16 signs or more that mixes capitals, small letters and digits as no written word does, or a UUID. */
function isToken(text: string): boolean {
  if (/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/i.test(text)) return true
  return (text.match(/[\w+/=~.-]{16,}/g) ?? []).some((word) => {
    const parts = word.split(/[^A-Za-z0-9]+/)
    if (parts.some((part) => part.length >= 16 && isHex(part))) return true
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const changes = parts.reduce((sum, part) => sum + changesOf(part), 0)
    return length >= 16 && changes >= (isMixed(word) ? 0.2 : 0.3) * length
  })
}

function isMixed(part: string): boolean {
  return /[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part)
}

function isHex(part: string): boolean {
  return /^[0-9a-f]+$/i.test(part) && /[a-f]/i.test(part) && /\d/.test(part)
}

/** From a small letter to a capital a name may go, too, but not every third sign. */
function changesOf(part: string): number {
  return part.match(/\d(?=[A-Za-z])|[a-z](?=[A-Z\d])|[A-Z](?=\d)/g)?.length ?? 0
}
