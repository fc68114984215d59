/** The bytes `weir ingest` reads: a file, a packed file, or what cannot be read twice. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { WeirError } from '../error.ts'

export interface Source {
  /** Whether it can be read from the beginning again. */
  twice: boolean
  /** The unpacked bytes, at most `length` of them (null: all). Throws WEIR_USAGE where it cannot be read. */
  read(length: number | null): AsyncIterable<Buffer>
}

/** `-` is standard input. Throws WEIR_USAGE where there is no such file. */
export async function openSource(path: string): Promise<Source> {
  if (path === '-') return { twice: false, read: () => process.stdin }
  const kind = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (kind.isDirectory()) throw unreadable(path, new Error('it is a folder'))
  return { twice: kind.isFile(), read: (length) => readFile(path, length) }
}

async function* readFile(path: string, length: number | null): AsyncGenerator<Buffer> {
  if (length === 0) return
  let left = length ?? Infinity
  try {
    for await (const chunk of bytesOf(path)) {
      // A file that grows meanwhile is sent as far as it was recognised.
      yield left < chunk.length ? chunk.subarray(0, left) : chunk
      left -= chunk.length
      if (left <= 0) return
    }
  } catch (error) {
    throw error instanceof WeirError ? error : unreadable(path, error)
  }
}

function bytesOf(path: string): AsyncIterable<Buffer> {
  const raw = createReadStream(path, { highWaterMark: 256 * 1024 })
  if (!path.endsWith('.gz')) return raw
  // The reader of the unpacked bytes sees the errors of both.
  return pipeline(raw, createGunzip(), () => undefined)
}

function unreadable(path: string, cause: unknown): WeirError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  return new WeirError(missing ? 'there is no such file.' : `cannot be read: ${(cause as Error).message}.`, {
    code: 'WEIR_USAGE',
    domain: 'user',
    retry: false,
    where: path,
    todo: 'Name a file with one JSON object per line, or - for standard input.',
    cause,
  })
}
