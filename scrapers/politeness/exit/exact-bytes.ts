/** Reads so many bytes of a socket and no more, for protocols that count. */
import type { Socket } from 'node:net'

/** Exactly `size` bytes. Rejects when the socket ends before. */
export async function readExactly(socket: Socket, size: number): Promise<Buffer> {
  if (size === 0) return Buffer.alloc(0)
  for (;;) {
    const chunk = socket.read(size) as Buffer | null
    if (chunk !== null && chunk.length === size) return chunk
    if (chunk !== null || socket.readableEnded || socket.destroyed) throw new Error('ended early')
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('readable', go).off('end', go).off('close', go)
        resolve()
      }
      socket.once('readable', go).once('end', go).once('close', go)
    })
  }
}
