/** Recognises content that was seen before, whole or as the beginning of what it has grown to, in one pass. */
import { createHash } from 'node:crypto'

/** What content looked like at one length. */
export interface Mark {
  bytes: number
  sha256: string
}

export interface Content {
  /** The content as a whole. */
  whole: Mark
  /** At each length asked for that it reaches, and where a line ends there: what it looks like up to it. */
  at: Map<number, string>
}

const NEWLINE = 0x0a

/** Reads to the end. `lengths` are those of content seen before; the order does not matter. */
export async function markContent(
  chunks: AsyncIterable<Buffer>,
  lengths: Iterable<number>,
): Promise<Content> {
  const stops = [...new Set(lengths)].filter((length) => length > 0).sort((a, b) => a - b)
  const at = new Map<number, string>()
  const hash = createHash('sha256')
  let bytes = 0
  let next = 0
  /** A mark taken at the end of a chunk whose last line has no end yet: the following byte decides. */
  let open: Mark | null = null

  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    if (open !== null && chunk[0] === NEWLINE) at.set(open.bytes, open.sha256)
    open = null
    let from = 0
    for (; next < stops.length && stops[next]! <= bytes + chunk.length; next++) {
      const end = stops[next]! - bytes
      hash.update(chunk.subarray(from, end))
      from = end
      const mark = { bytes: stops[next]!, sha256: hash.copy().digest('hex') }
      if (chunk[end - 1] === NEWLINE || chunk[end] === NEWLINE) at.set(mark.bytes, mark.sha256)
      else if (end === chunk.length) open = mark
    }
    hash.update(chunk.subarray(from))
    bytes += chunk.length
  }
  const whole = { bytes, sha256: hash.digest('hex') }
  at.set(whole.bytes, whole.sha256)
  return { whole, at }
}
