/** A running world: serves its sites, sends its past, then goes live and keeps sending its access log. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Deal } from './deal.ts'
import { estimate, history } from './history.ts'
import { post, postLines } from './post.ts'
import { worldServer } from './server.ts'
import { requests } from './traffic.ts'

export interface WorldOptions {
  deal: Deal
  /** 0 = any free port. */
  port: number
  /** Where events go, without the stream's name; null: nowhere, the world only shows its sites. */
  eventsTo: string | null
  /** Length of the past, hours. */
  hours: number
  now: () => number
}

export interface World {
  readonly port: number
  /**
   * Sends the past and goes live: from here the times of the faults count. Resolves with the number of events
   * sent; rejects when the receiver is not there or refuses.
   */
  goLive(onProgress: (sent: number, total: number) => void): Promise<number>
  close(): Promise<void>
}

const HOUR = 3_600_000
/** How often the access log is shipped, ms, and how much of it waits at most where nobody takes it. */
const SHIP_EVERY = 1000
const SHIP_AT_MOST = 60_000

/** Opens the world's doors. Rejects when the port is taken. */
export async function openWorld({ deal, port, eventsTo, hours, now }: WorldOptions): Promise<World> {
  let live = Infinity
  let closed = false
  let shipping: NodeJS.Timeout | undefined
  const server = worldServer({ deal, now, live: () => live })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = (server.address() as AddressInfo).port

  /** Sends everything up to the present; from the returned time on it is live. */
  const sendPast = async (
    to: string,
    onProgress: (sent: number, total: number) => void,
  ): Promise<{ sent: number; until: number }> => {
    const begun = now()
    const total = estimate(hours)
    const past = history(deal, begun - hours * HOUR, begun, begun, bound)
    const sent = await postLines(to, past, (n) => onProgress(n, total))
    // What happened while the past was on its way: without it the lines would have a hole.
    const until = now()
    const rest = await postLines(to, history(deal, begun, until, begun, bound), () => undefined)
    return { sent: sent + rest, until }
  }

  /** A log that cannot be shipped waits, and its oldest part is given up. */
  const ship = (to: string, from: number): void => {
    if (closed) return
    shipping = setTimeout(() => {
      const until = now()
      const since = Math.max(from, until - SHIP_AT_MOST)
      const log = [...requests(deal, since, until, live)].map((request) => JSON.stringify(request))
      const shipped = log.length === 0 ? Promise.resolve() : post(`${to}/requests`, log.join('\n') + '\n')
      shipped.then(
        () => ship(to, until),
        () => ship(to, since),
      )
    }, SHIP_EVERY)
  }

  return {
    port: bound,
    async goLive(onProgress) {
      const past = eventsTo === null ? null : await sendPast(eventsTo, onProgress)
      live = now()
      if (past !== null && eventsTo !== null) ship(eventsTo, past.until)
      return past?.sent ?? 0
    },
    async close() {
      closed = true
      clearTimeout(shipping)
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
