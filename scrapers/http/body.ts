/** Reads a response body: unpacked, and never more than allowed, before and after unpacking. */
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

export interface Body {
  body: Buffer
  cut: boolean
  /** Why it broke off, or null. */
  error: string | null
}

/** Never rejects; what came before a failure is kept. */
export function readBody(response: IncomingMessage, maxBytes: number): Promise<Body> {
  const packing = String(response.headers['content-encoding'] ?? '').toLowerCase()
  const unpacker =
    packing === 'gzip' || packing === 'x-gzip'
      ? createGunzip()
      : packing === 'br'
        ? createBrotliDecompress()
        : packing === 'deflate'
          ? createInflate()
          : null
  const source = unpacker ? pipeline(response, unpacker, () => undefined) : response
  return new Promise((resolve) => {
    // One buffer that grows: a body of a million tiny chunks must not be a million objects.
    let buffer: Buffer = Buffer.alloc(0)
    let bytes = 0
    let packed = 0
    response.on('data', (chunk: Buffer) => void (packed += chunk.length))
    let done = false
    const finish = (cut: boolean, error: string | null) => {
      if (done) return
      done = true
      response.destroy()
      resolve({ body: buffer.subarray(0, bytes), cut, error })
    }
    source.on('data', (chunk: Buffer) => {
      if (done) return
      const taken = Math.min(chunk.length, maxBytes - bytes)
      buffer = roomFor(buffer, bytes, taken, maxBytes)
      chunk.copy(buffer, bytes, 0, taken)
      bytes += taken
      // A small packed body may unpack to gigabytes: stop while it is unpacking.
      if (taken < chunk.length) finish(true, null)
    })
    source.on('end', () => finish(false, null))
    source.on('error', (error: NodeJS.ErrnoException) => {
      // An empty body is no broken archive, whatever its header promised.
      const empty = response.complete && packed === 0
      finish(false, empty ? null : (error.code ?? error.message))
    })
    response.on('aborted', () => finish(false, 'aborted'))
    response.on('error', (error: NodeJS.ErrnoException) => finish(false, error.code ?? error.message))
    source.on('close', () => finish(false, 'closed early'))
  })
}

/** A buffer that starts as this one and has room for `more` bytes after `used`; at least doubled where it grows. */
function roomFor(buffer: Buffer, used: number, more: number, max: number): Buffer {
  if (used + more <= buffer.length) return buffer
  const grown = Buffer.allocUnsafe(Math.min(max, Math.max(used + more, 2 * buffer.length)))
  buffer.copy(grown, 0, 0, used)
  return grown
}
