/** Cuts a streamed NDJSON body into lines with bounded memory: a line too long is reported, never gathered. */

export type Line =
  | { number: number; ok: true; text: string }
  /** `raw` is at most the first 4 KB, for the dead letters. */
  | { number: number; ok: false; reason: string; raw: string }

/** Thrown between lines when the body as a whole goes too far. */
export class BodyLimit extends Error {
  readonly kind: 'size' | 'slow'
  constructor(kind: 'size' | 'slow') {
    super(kind)
    this.kind = kind
  }
}

export interface LineLimits {
  bodyBytes: number
  lineBytes: number
  /** Longest wait for the next bytes, ms. */
  idleMs: number
}

const KEPT_RAW = 4096
const NEWLINE = 0x0a

/** Yields every line that is not blank, numbered from 1 as an editor would; throws BodyLimit. */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
  limits: LineLimits,
): AsyncGenerator<Line, void, undefined> {
  const reader = body.getReader()
  let held: Uint8Array[] = []
  let heldBytes = 0
  let total = 0
  let number = 1

  const take = (piece: Uint8Array): void => {
    // Beyond the limit only its length is needed; what is held stays bounded whatever arrives.
    if (heldBytes <= limits.lineBytes) held.push(piece)
    heldBytes += piece.length
  }
  const cut = (): Line | null => {
    const line = toLine(number++, Buffer.concat(held), heldBytes, limits.lineBytes)
    held = []
    heldBytes = 0
    return line
  }

  try {
    for (;;) {
      const chunk = await within(reader.read(), limits.idleMs)
      if (chunk.done) break
      total += chunk.value.length
      if (total > limits.bodyBytes) throw new BodyLimit('size')
      let start = 0
      for (let end = chunk.value.indexOf(NEWLINE); end !== -1; end = chunk.value.indexOf(NEWLINE, start)) {
        take(chunk.value.subarray(start, end))
        const line = cut()
        if (line !== null) yield line
        start = end + 1
      }
      take(chunk.value.subarray(start))
    }
    const last = cut()
    if (last !== null) yield last
  } finally {
    // Also when the consumer stops early: the rest of the body is not ours to wait for.
    reader.cancel().catch(() => undefined)
  }
}

function toLine(number: number, bytes: Buffer, length: number, limit: number): Line | null {
  const bad = (reason: string): Line => {
    return { number, ok: false, reason, raw: bytes.subarray(0, KEPT_RAW).toString('utf8') }
  }
  if (length > limit) return bad(`longer than ${limit / 1024} KB`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim()
    return text === '' ? null : { number, ok: true, text }
  } catch {
    return bad('not UTF-8')
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BodyLimit('slow')), ms)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
