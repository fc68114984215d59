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
    const chunks: Buffer[] = []
    let bytes = 0
    let done = false
    const finish = (cut: boolean, error: string | null) => {
      if (done) return
      done = true
      response.destroy()
      resolve({ body: Buffer.concat(chunks).subarray(0, maxBytes), cut, error })
    }
    source.on('data', (chunk: Buffer) => {
      if (done) return
      chunks.push(chunk)
      bytes += chunk.length
      // A small packed body may unpack to gigabytes: stop while it is unpacking.
      if (bytes > maxBytes) finish(true, null)
    })
    source.on('end', () => finish(false, null))
    source.on('error', (error: NodeJS.ErrnoException) => finish(false, error.code ?? error.message))
    response.on('aborted', () => finish(false, 'aborted'))
    response.on('error', (error: NodeJS.ErrnoException) => finish(false, error.code ?? error.message))
    source.on('close', () => finish(false, 'closed early'))
  })
}
