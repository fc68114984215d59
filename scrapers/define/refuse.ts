/** Refusals of a scraper's declaration: where it is wrong, what is wrong, what to write instead. */
import { WeirError } from '../../engine/index.ts'
import { maskAddress } from '../evidence/mask-address.ts'

export function refuse(where: string, what: string, todo: string): WeirError {
  return new WeirError(what, { code: 'WEIR_CONFIG', domain: 'user', retry: false, where, todo })
}

/** Names travel in keys, URLs and messages: letters, digits, `.`, `_`, `-`, at most 80. */
export function requireName(word: string, name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}$/u.test(name)) return
  throw refuse(
    `${word} "${name}"`,
    'this is not a usable name.',
    'Use letters, digits, ".", "_" and "-", at most 80.',
  )
}

/** The parsed address; only http and https, no credentials inside. */
export function targetUrl(url: string, where: string): URL {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw refuse(
      where,
      `"${maskAddress(url)}" is not a URL.`,
      'Write the whole address, such as "https://shop.example/".',
    )
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw refuse(where, `${parsed.protocol} addresses cannot be visited.`, 'Use http or https.')
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw refuse(where, 'the address holds a user name or password.', 'Take it from the environment instead.')
  }
  return parsed
}
