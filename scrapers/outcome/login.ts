/** Whether a page that asks for a password is a login page, or any page with a login form in its header. */
import type { Signals } from './signals.ts'

/**
 * Characters of visible text from which on a page has more to say than "log in": login pages have some hundred; of 166
 * recorded good pages the 42 with a password field in their markup, seen or not, have 4,006 at least.
 */
const MAX_TEXT = 3000

/** A login that says so in its address may stand in the whole frame of a shop. */
const ADDRESS = /(?<![a-z])(?:log-?in|sign-?in|log-?on|sign-?on|sso)(?![a-z])/i

/** Callers must ask only where page identity fails: content wins. */
export function isLoginPage({
  passwordField,
  textLength,
  finalUrl,
}: Pick<Signals, 'passwordField' | 'textLength' | 'finalUrl'>): boolean {
  if (!passwordField) return false
  return (textLength ?? 0) < MAX_TEXT || ADDRESS.test(pathOf(finalUrl))
}

/** Host and path: what a query says, such as `?after=login`, is about another page. */
function pathOf(url: string | null): string {
  return url?.split(/[?#]/, 1)[0] ?? ''
}
