/**
 * Takes personal data and secrets out of text by their shape: addresses of people, accounts, cards, tokens. One
 * self-contained function: its source also travels into pages, so it must not refer to anything outside itself.
 */

/** The text with what is secret or personal replaced by its kind, such as `[email]`. Time grows with length only. */
export function maskText(text: string): string {
  const luhn = (digits: string) => {
    let sum = 0
    for (let i = 0; i < digits.length; i += 1) {
      const digit = Number(digits[digits.length - 1 - i])
      const twice = digit * 2
      sum += i % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice
    }
    return sum % 10 === 0
  }
  /** ISO 7064 mod 97-10, as an IBAN has it. */
  const isIban = (bare: string) => {
    if (bare.length < 15 || bare.length > 34) return false
    let rest = 0
    for (const sign of bare.slice(4) + bare.slice(0, 4))
      for (const digit of String(Number.parseInt(sign, 36))) rest = (rest * 10 + Number(digit)) % 97
    return rest === 1
  }
  /** The longest beginning of groups that is an IBAN: what follows it may look like one more group. */
  const iban = (found: string) => {
    const groups = found.split(/(?=[ -])/)
    for (let n = groups.length; n > 0; n -= 1)
      if (isIban(groups.slice(0, n).join('').replace(/[ -]/g, ''))) return `[iban]${groups.slice(n).join('')}`
    return found
  }
  const mixed = (part: string) => /\d/.test(part) && /[A-Za-z]/.test(part)
  const word = (found: string) => {
    if (/^eyJ[\w-]+\.[\w-]+\./.test(found)) return '[token]'
    const parts = found.split(/[._-]/)
    const random = (part: string) =>
      part.length >= 20 || (part.length >= 10 && /[a-z]/.test(part) && /[A-Z]/.test(part))
    return parts.some((part) => mixed(part) && random(part)) ? '[token]' : found
  }
  return (
    text
      .replace(/\b(set-cookie|cookie|authorization)(\s{0,3}:\s{0,3})[^\n<]{1,4000}/gi, '$1$2[secret]')
      .replace(/\b(bearer|basic)\s{1,3}[\w.~+/=-]{8,4000}/gi, '$1 [token]')
      .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '[token]')
      .replace(/\b(?:[spr]k_(?:live|test)|gh[pousr]|xox[abprs]|glpat|AIza)[_-]?[\w-]{10,200}/g, '[token]')
      .replace(
        /((?:passw(?:or)?d|pwd|secret|token|api[-_]?key|session[-_]?id|csrf|xsrf|credential|signature)["']?\s{0,3}[=:]\s{0,3}["']?)([^\s"'&;,<>[\]]{4,4000})/gi,
        '$1[secret]',
      )
      .replace(/[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}/gi, '[email]')
      .replace(/\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,9}\b/g, iban)
      // Before numbers, which would leave the rest of it.
      .replace(/[\w.-]{24,}/g, word)
      .replace(/(?:\d[ -]?){12,18}\d/g, (found) => {
        const digits = found.replace(/\D/g, '')
        return luhn(digits) ? '[card]' : found
      })
      .replace(/(?:\+|\b00)[1-9]\d{0,2}[ ()/.-]{0,3}(?:\d[ ()/.-]{0,3}){5,13}\d/g, '[phone]')
      .replace(/\(\d{3}\) ?\d{3}-\d{4}|\b\d{3}[-.]\d{3}[-.]\d{4}\b/g, '[phone]')
      .replace(/\b0\d{2,4}(?: ?\/ ?|[ -])\d{3,9}(?:[ -]\d{2,6}){0,3}\b/g, '[phone]')
      // Grouped by spaces as people write account numbers, or in one: too long to be an amount, a date or a count.
      .replace(/\b\d{3,4}(?: \d{3,4}){2,5}\b|\d{9,}/g, (found) =>
        found.replace(/\D/g, '').length >= 9 && !/^\d{3} \d{3} \d{3}$/.test(found) ? '[number]' : found,
      )
  )
}
