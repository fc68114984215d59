/**
 * Decimals to doubles without a detour: one of at most 15 digits is an integer below 2^53 divided by a power of ten
 * below 10^22. Both are exact doubles, so that IEEE division rounds to the double nearest to the decimal (Clinger,
 * PLDI 1990).
 */

/** Digits up to which that holds. */
export const EXACT_DIGITS = 15
/** POWERS[i] = 10^i. */
export const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => Number(`1e${i}`))

/** Only digits, sign, dot and exponent: Number() would also take '' and '0x10'. */
const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** The double nearest to a decimal; NaN where the text is none. */
export function decimalOf(text: string): number {
  const end = text.length
  const first = text.charCodeAt(0) === 0x2d ? 1 : 0
  let dot = end
  let value = 0
  for (let i = first; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (digit === -2 && dot === end && i > first) dot = i
    else return slowly(text)
  }
  const digits = end - first - (dot < end ? 1 : 0)
  if (digits === 0 || digits > EXACT_DIGITS || dot === end - 1) return slowly(text)
  if (dot < end) value /= POWERS[end - 1 - dot]!
  return first === 1 ? -value : value
}

function slowly(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN
}
