/** ioredis's cluster client with a deadline on every command, whatever becomes of its node meanwhile. */
import type { ConnectionOptions } from 'node:tls'
import { Cluster, type ClusterOptions, Command, type CommonRedisOptions } from 'ioredis'
import type { RedisNode } from './redis-url.ts'

/** What all its nodes share; TLS is no option of the ones common to all in ioredis's types. */
export type NodeOptions = CommonRedisOptions & { tls?: ConnectionOptions; replyMapping?: 'legacy' }
export type Options = Omit<ClusterOptions, 'redisOptions'> & { redisOptions: NodeOptions }
type Stream = Parameters<Cluster['sendCommand']>[1]

/**
 * A cluster that answers nothing is connected to anew from its first nodes; the client by itself can end up with no
 * node at all and wait for ever.
 */
const STALE_AFTER = 3

export class ClusterClient extends Cluster {
  private readonly first: RedisNode[]
  private readonly deadline: number
  private overdue = 0

  /** `deadline`: a command without an answer for so long is rejected, ms. */
  constructor(nodes: RedisNode[], options: Options, deadline: number) {
    super(nodes, options)
    this.first = nodes
    this.deadline = deadline
    // Callers listen to `error` to learn why nothing comes; here a single node often knows best.
    this.on('node error', (error: unknown) => this.emit('error', error))
  }

  /** Another client of the same cluster. */
  another(options: (own: NodeOptions) => Options): ClusterClient {
    return new ClusterClient(this.first, options(this.options.redisOptions as NodeOptions), this.deadline)
  }

  /** Of a pipeline, commands come with the node that was chosen for all of them. */
  override sendCommand(command: Command, stream?: Stream, node?: unknown): unknown {
    command.setTimeout(this.deadline)
    command.promise.then(
      () => (this.overdue = 0),
      (error: Error) => this.failed(error),
    )
    return super.sendCommand(command, stream, node)
  }

  /** What is sent in this turn of the event loop reaches each node in one write. */
  gather(): void {
    for (const { stream } of this.nodes('master')) {
      // Not before a node was needed for the first time.
      if ((stream as typeof stream | undefined) === undefined) continue
      stream.cork()
      process.nextTick(() => stream.uncork())
    }
  }

  /** The master that has this key, `host:port`, as far as is known; '' where nobody has said so yet. */
  ownerOf(key: string): string {
    return this.slots[new Command('type', [key]).getSlot()]?.[0] ?? ''
  }

  private failed(error: Error): void {
    if (error.message !== 'Command timed out' || ++this.overdue < STALE_AFTER) return
    this.overdue = 0
    if (this.status === 'ready') this.disconnect(true)
    else if (this.status === 'disconnecting' && this.nodes().length === 0)
      this.connect().catch(() => undefined)
  }
}
