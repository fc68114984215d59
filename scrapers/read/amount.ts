/** Numbers and amounts of money as people of many countries write them. */

export interface AmountOptions {
  /** The decimal sign, where it is known. */
  decimal?: '.' | ','
  /** `money`: a lone separator before exactly three digits groups thousands; `number`: a lone point is decimal. */
  as: 'money' | 'number'
}

/** Longest text looked at; a number starts well before. */
const MAX_TEXT = 500

/** The first number in `text`, or null where there is none. */
export function parseAmount(text: string, options: AmountOptions = { as: 'money' }): number | null {
  const plain = normalise(text)
  // Spaces and apostrophes group only before exactly three digits, so that "2 x 15" stays two numbers.
  const match = /\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,]\d{1,4}(?!\d))?|\d[\d.,]*/.exec(plain)
  if (!match) return null
  const value = resolve(match[0].replace(/[ ']/g, ''), options)
  if (value === null) return null
  return isNegative(plain, match.index, match.index + match[0].length) ? -value : value
}

function normalise(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)))
    .replace(/\p{Zs}/gu, ' ')
    .replace(/[’ʼ´`]/g, "'")
    .replace(/٫/g, '.')
    .replace(/٬/g, ',')
    .replace(/[−–—]/g, '-')
}

/** Decimal digits come in runs of ten code points in every script. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0
  if (code < 128) return code - 48
  let zero = code
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero -= 1
  return code - zero
}

/** Turns digits with `.` and `,` into a number, by the rules people follow without thinking. */
function resolve(raw: string, { decimal, as }: AmountOptions): number | null {
  const digits = raw.replace(/[.,]+$/, '')
  const sign = decimal ?? decimalSign(digits, as)
  const grouped = sign === '.' ? digits.replaceAll(',', '') : digits.replaceAll('.', '').replace(',', '.')
  const value = Number(sign === null ? digits.replace(/[.,]/g, '') : grouped)
  return Number.isFinite(value) ? value : null
}

/** Which sign is the decimal one; null: all of them group. */
function decimalSign(digits: string, as: AmountOptions['as']): '.' | ',' | null {
  const points = digits.split('.').length - 1
  const commas = digits.split(',').length - 1
  if (points > 0 && commas > 0) return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ','
  if (points + commas === 0) return '.'
  // The same sign twice can only group.
  if (points + commas > 1) return null
  const sign = points === 1 ? '.' : ','
  const [whole = '', rest = ''] = digits.split(sign)
  const grouping = rest.length === 3 && whole.length <= 3 && whole !== '0' && (as === 'money' || sign === ',')
  return grouping ? null : sign
}

/** A minus before the number (a currency sign may stand between), or brackets around it. */
function isNegative(text: string, start: number, end: number): boolean {
  const before = text.slice(0, start)
  if (/\(\s*\p{Sc}?\s*$/u.test(before) && /^\s*\p{Sc}?\s*\)/u.test(text.slice(end))) return true
  return /(?:^|[\s:(])-\s?(?:[A-Z]{0,3}\p{Sc}|[A-Z]{3})?\s?$/u.test(before)
}

// Longer signs first: "R$" is not "$".
const CURRENCIES: [RegExp, string][] = [
  [/R\$|\bBRL\b/, 'BRL'],
  [/NT\$|\bTWD\b/, 'TWD'],
  [/HK\$|\bHKD\b/, 'HKD'],
  [/A\$|AU\$|\bAUD\b/, 'AUD'],
  [/C\$|CA\$|\bCAD\b/, 'CAD'],
  [/MX\$|\bMXN\b/, 'MXN'],
  [/US\$|\bUSD\b/, 'USD'],
  [/€|\bEUR\b/i, 'EUR'],
  [/£|\bGBP\b/, 'GBP'],
  [/₽|\bRUB\b|руб/i, 'RUB'],
  [/₹|\bINR\b/, 'INR'],
  [/₨|\bRs\b|\bPKR\b/, 'PKR'],
  [/₸|\bKZT\b|тг/i, 'KZT'],
  [/₴|\bUAH\b|грн/i, 'UAH'],
  [/zł|\bPLN\b/i, 'PLN'],
  [/Kč|\bCZK\b/i, 'CZK'],
  [/\bFt\b|\bHUF\b/, 'HUF'],
  [/\blei\b|\bRON\b/i, 'RON'],
  [/\bCHF\b/, 'CHF'],
  [/\bSEK\b/, 'SEK'],
  [/\bNOK\b/, 'NOK'],
  [/\bDKK\b/, 'DKK'],
  [/₺|\bTRY\b|\bTL\b/, 'TRY'],
  [/₩|\bKRW\b/, 'KRW'],
  [/₪|\bILS\b/, 'ILS'],
  [/円|\bJPY\b/, 'JPY'],
  [/元|\bCNY\b|\bRMB\b/, 'CNY'],
  [/¥|￥/, 'JPY'],
  [/\$/, 'USD'],
]

/** ISO code of the currency a text names, or null. A bare `$` is read as USD, a bare `¥` as JPY. */
export function parseCurrency(text: string): string | null {
  const short = text.slice(0, MAX_TEXT)
  for (const [pattern, code] of CURRENCIES) if (pattern.test(short)) return code
  return /^[A-Z]{3}$/.test(short.trim()) ? short.trim() : null
}

const BESIDE_SIGN =
  /(?:\p{Sc}|\b(?:EUR|USD|GBP|CHF|Rs|RON|PLN|CZK|INR|BRL|TWD|kr)\b\.?)\s?(\d[\d.,' ]*)|(\d[\d.,' ]*)\s?(?:\p{Sc}|元|円|₽|руб|тг|грн|zł|Kč|Ft\b|lei\b|kr\b|(?:EUR|USD|GBP|CHF|RON|PLN|CZK|HUF|SEK|NOK|DKK|RUB|KZT|BRL|TL)\b)/iu

/** The amount beside a currency sign, where a text holds several numbers; else the first number. */
export function parsePrice(text: string): number | null {
  const match = BESIDE_SIGN.exec(normalise(text))
  const beside = match?.[1] ?? match?.[2]
  return (beside === undefined ? null : parseAmount(beside)) ?? parseAmount(text)
}
