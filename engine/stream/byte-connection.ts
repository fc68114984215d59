/**
 * A connection whose replies are read as bytes. ioredis connects, authenticates, follows Sentinels and connects again
 * as for any other; once it is ready, its socket is ours, and only what is asked here goes over it.
 */
import type { Redis } from 'ioredis'
import { type Reply, ReplyReader } from './reply.ts'

/** What was the master is none any more: ask again who is (as `reconnectOnError` does for commands of ioredis). */
const NO_MASTER = /^(READONLY|UNBLOCKED|MASTERDOWN)/

interface Waiting {
  resolve: (reply: Reply) => void
  reject: (error: Error) => void
}

export class ByteConnection {
  private readonly redis: Redis
  /** A server that owes an answer for so long is taken for gone, ms. */
  private readonly silence: number
  private readonly reader = new ReplyReader()
  private socket: Redis['stream'] | null = null
  private waiting: Waiting | null = null
  private overdue: NodeJS.Timeout | undefined

  constructor(redis: Redis, silence: number) {
    this.redis = redis
    this.silence = silence
  }

  /**
   * One command at a time; `block`: how long it may wait by itself, ms. Rejects where Redis is away or says no; a command
   * is never sent again.
   */
  async ask(words: readonly string[], block: number): Promise<Reply> {
    const socket = await this.taken()
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.waiting = { resolve, reject }
        const late = (): void => this.end(socket, new Error(`Redis has not answered for ${this.silence} ms`))
        this.overdue = setTimeout(late, block + this.silence)
        socket.write(commandOf(words))
      })
    } finally {
      clearTimeout(this.overdue)
      this.waiting = null
    }
  }

  /** The socket of the connection as it is now, from which nothing else reads. */
  private async taken(): Promise<Redis['stream']> {
    const { redis } = this
    if (this.socket !== null && this.socket === redis.stream && redis.status === 'ready') return this.socket
    // Answered after all that ioredis itself has asked; rejects where there is no connection.
    await redis.ping()
    const socket = redis.stream
    this.reader.clear()
    socket.removeAllListeners('data')
    socket.on('data', (piece: Buffer) => this.came(socket, piece))
    socket.once('close', () => this.gone(socket))
    this.socket = socket
    return socket
  }

  private came(socket: Redis['stream'], piece: Buffer): void {
    // Silence is what is waited for: a long reply over a slow line is none.
    this.overdue?.refresh()
    try {
      const reply = this.reader.push(piece)
      if (reply === null) return
      if (this.waiting === null) throw new Error('Redis sent what nobody had asked for')
      if (!(reply instanceof Error)) return this.waiting.resolve(reply)
      this.waiting.reject(reply)
      if (NO_MASTER.test(reply.message)) this.redis.disconnect(true)
    } catch (error) {
      this.end(socket, error as Error)
    }
  }

  /** ioredis connects anew; whoever asked hears why. */
  private end(socket: Redis['stream'], why: Error): void {
    this.waiting?.reject(why)
    socket.destroy(why)
  }

  private gone(socket: Redis['stream']): void {
    if (this.socket !== socket) return
    this.socket = null
    this.waiting?.reject(new Error('the connection to Redis was closed'))
  }
}

function commandOf(words: readonly string[]): string {
  let command = `*${words.length}\r\n`
  for (const word of words) command += `$${Buffer.byteLength(word)}\r\n${word}\r\n`
  return command
}
