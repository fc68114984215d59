/** The text of a page: its encoding by byte order mark, header, or declaration in the page, as browsers do. Pure. */

/** How far browsers look for a declaration, bytes. */
const PRESCAN = 1024

/** `contentType`: the header, if there was one. Bytes that fit no encoding become U+FFFD. */
export function decodeHtml(body: Buffer, contentType: string | undefined): string {
  const declared = markOf(body) ?? charsetOf(contentType ?? '') ?? charsetOf(head(body))
  if (declared !== null) return new TextDecoder(declared).decode(body)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return new TextDecoder('windows-1252').decode(body)
  }
}

function markOf(body: Buffer): string | null {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8'
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be'
  return body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : null
}

function head(body: Buffer): string {
  return /<meta[^>]{0,200}charset[^>]{0,100}>/i.exec(body.subarray(0, PRESCAN).toString('latin1'))?.[0] ?? ''
}

/** The first encoding named that can be decoded. */
function charsetOf(text: string): string | null {
  const label = /charset\s*=\s*["']?\s*([\w:.-]{1,40})/i.exec(text)?.[1]
  if (label === undefined) return null
  try {
    return new TextDecoder(label).encoding
  } catch {
    return null
  }
}
