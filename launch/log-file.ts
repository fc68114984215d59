/** The log of a role in `weir dev`: lines in a file that never grows without bound. */
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, type WriteStream } from 'node:fs'
import { dirname } from 'node:path'

export interface LogFile {
  readonly path: string
  write(line: string): void
  close(): void
}

const MAX_BYTES = 10 * 1024 * 1024

/** Starts the file anew; at `maxBytes` it becomes `<path>.1` and a new one begins. */
export function openLog(path: string, maxBytes = MAX_BYTES): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  rmSync(`${path}.1`, { force: true })
  let size = 0
  let stream = open(path)
  return {
    path,
    write(line) {
      size += Buffer.byteLength(line) + 1
      if (size > maxBytes) {
        stream.end()
        // The folder may have been deleted: then this log is lost, and the program goes on.
        if (existsSync(path)) renameSync(path, `${path}.1`)
        stream = open(path)
        size = 0
      }
      stream.write(`${line}\n`)
    },
    close: () => void stream.end(),
  }
}

function open(path: string): WriteStream {
  // A full disk must not end the program whose log this is.
  return createWriteStream(path, { flags: 'w' }).on('error', () => undefined)
}
