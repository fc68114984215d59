/** The bytes of a request body, within bounds: of size, and of patience with one who sends slowly. */

/** Thrown between chunks when the body goes too far. */
export class BodyLimit extends Error {
  readonly kind: 'size' | 'slow'
  constructor(kind: 'size' | 'slow') {
    super(`body limit: ${kind}`)
    this.kind = kind
  }
}

export interface BodyLimits {
  bodyBytes: number
  /** Longest wait for the next bytes, ms. */
  idleMs: number
}

/** Yields the chunks of `body`; throws BodyLimit. */
export async function* boundedBody(
  body: ReadableStream<Uint8Array>,
  limits: BodyLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const reader = body.getReader()
  let total = 0
  try {
    for (;;) {
      const chunk = await within(reader.read(), limits.idleMs, () => new BodyLimit('slow'))
      if (chunk.done) return
      total += chunk.value.length
      if (total > limits.bodyBytes) throw new BodyLimit('size')
      yield Buffer.from(chunk.value.buffer, chunk.value.byteOffset, chunk.value.length)
    }
  } finally {
    // Also when the consumer stops early: the rest of the body is not ours to wait for.
    reader.cancel().catch(() => undefined)
  }
}

/** Settles as `promise` does, or rejects with `late()` after `ms`. */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
