/** Masks a body that no browser has parsed: without its scripts and what its forms hold. Pure; time grows with length only. */
import { maskText } from './mask.ts'

/** Markup or any other text, masked as `maskText` does; structured data stays, masked too. */
export function maskMarkup(body: string): string {
  return maskText(withoutScripts(body)).replace(
    /(<(?:input|meta)\b[^>]{0,2000}?\b(?:value|content)\s{0,3}=\s{0,3})(?:"[^"]{0,4000}"|'[^']{0,4000}')/gi,
    (tag: string, before: string) =>
      /^<input|csrf|xsrf|token|nonce|secret/i.test(tag) ? `${before}"[secret]"` : tag,
  )
}

function withoutScripts(body: string): string {
  const [first = '', ...rest] = body.split(/<script\b/i)
  const parts = rest.map((part) => {
    const opens = part.indexOf('>')
    const closes = part.search(/<\/script/i)
    const attributes = part.slice(0, opens)
    if (opens < 0 || (closes >= 0 && closes < opens)) return '>'
    if (/ld\+json/i.test(attributes)) return part
    const text = closes < 0 ? part.slice(opens + 1) : part.slice(opens + 1, closes)
    const note = text === '' ? '' : `/* ${text.length} characters of script */`
    return `${attributes}>${note}${closes < 0 ? '' : part.slice(closes)}`
  })
  return [first, ...parts].join('<script')
}
