/** Shows on Redis that this process is alive: scrapers that are rarely due would look dead to `weir alive`. */
import { connect } from '../engine/index.ts'

const EVERY_MS = 10_000

/** Beats until the returned function is called; a beat that fails is made up for by the next one. */
export function startPulse(redisUrl: string): () => void {
  const redis = connect(redisUrl, 'commit', 'weir-scrapers')
  const beat = (): void => {
    if (redis.status === 'wait') redis.connect().catch(() => undefined)
    else if (redis.status === 'ready') redis.ping().catch(() => undefined)
  }
  beat()
  const timer = setInterval(beat, EVERY_MS)
  return () => {
    clearInterval(timer)
    redis.disconnect()
  }
}
