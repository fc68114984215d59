/** The wallboard in the browser. After the page has loaded, everything comes over one WebSocket. */
import { serverClock } from './clock.ts'
import { link } from './link.ts'
import { page } from './page.ts'

/** A board this old (ms, server time) is no news, even if the server still answers pings. */
const STALE_BOARD = 15_000

const clock = serverClock(() => performance.now(), Date.now())
const view = page(document)
const started = performance.now()
let heardAt = started
let madeAt: number | null = null

function tick(): void {
  const quiet = performance.now() - heardAt
  const stale = madeAt === null ? performance.now() - started : clock.now() - madeAt
  view.tick(clock.now(), stale > STALE_BOARD ? Math.max(quiet, stale) : quiet)
}

const url = new URL('/v1/live', location.href)
url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
link(url.href, (message) => {
  heardAt = performance.now()
  if (message.type === 'hello' || message.type === 'pong') clock.set(message.now)
  if (message.type === 'board') {
    if (madeAt === null || message.board.now > clock.now()) clock.set(message.board.now)
    madeAt = message.board.now
    view.draw(message.board, clock.now())
  }
  tick()
})
setInterval(tick, 500)
addEventListener('resize', () => view.resize())
