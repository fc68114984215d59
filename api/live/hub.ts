/** All screens: follows the Reader once and hands every change, serialised once, to those who watch it. */
import { WeirError, type AlertChange, type Change, type KpiRow, type Reader } from '../../engine/index.ts'
import { AlertFeed } from './alert-feed.ts'
import type { BoardSource } from './board-source.ts'
import type { ClientMessage, ServerMessage } from './protocol.ts'
import { frameOf, Screen, type Topic, type Wire } from './screen.ts'

export interface HubDeps {
  reader: Reader
  board: BoardSource
  clock: () => number
}

interface KpiTopic extends Topic {
  metric: string
  window: string
  group: Record<string, string>
}

const MAX_TOPICS = 50
const PAGE = 1000
/** A screen that says nothing for this long, not even a pong, is gone. ms. */
const DEAD_AFTER = 90_000
const TICK = 250
const BOARD_EVERY = 1000
const PING_EVERY = 20_000

export class Hub {
  readonly #deps: HubDeps
  readonly #screens = new Map<Screen, AlertFeed | null>()
  readonly #unsubscribe: () => void
  readonly #timers: NodeJS.Timeout[]
  /** One topic object per question, so that its snapshot and its changes are serialised once. */
  readonly #kpis = new Map<string, KpiTopic>()
  readonly #hello: Topic
  readonly #board: Topic
  readonly #health: Topic
  #cursor = '0'

  constructor(deps: HubDeps) {
    this.#deps = deps
    const { reader, board, clock } = deps
    const config = () => reader.config()?.hash ?? null
    this.#hello = { key: 'hello', snapshot: () => frameOf({ type: 'hello', now: clock(), config: config() }) }
    this.#board = { key: 'board', snapshot: () => frameOf({ type: 'board', board: board.state() }) }
    this.#health = { key: 'health', snapshot: () => frameOf({ type: 'health', health: reader.health() }) }
    this.#unsubscribe = reader.subscribe((change) => this.#publish(change))
    const tasks: [() => void, number][] = [
      [() => this.tick(), TICK],
      [() => this.sendBoard(), BOARD_EVERY],
      [() => this.heartbeat(), PING_EVERY],
    ]
    this.#timers = tasks.map(([task, every]) => setInterval(task, every).unref())
  }

  get size(): number {
    return this.#screens.size
  }

  open(wire: Wire): Screen {
    const { clock } = this.#deps
    const screen = new Screen(wire, clock())
    this.#screens.set(screen, null)
    screen.watch(this.#hello)
    return screen
  }

  leave(screen: Screen): void {
    this.#screens.delete(screen)
    for (const key of screen.topics.keys()) this.#drop(key)
  }

  /** Does what a screen asks; what it asks wrongly is answered to it alone. */
  hear(screen: Screen, message: ClientMessage): void {
    if (message.type === 'ping') return screen.say({ type: 'pong', now: this.#deps.clock() })
    if (message.topic === 'alerts') {
      const cursor = message.type === 'subscribe' ? (message.cursor ?? null) : null
      const newest = () => this.#newestCursor()
      const wanted = message.type === 'subscribe'
      const feed = wanted ? new AlertFeed(screen, this.#deps.reader, cursor, newest) : null
      this.#screens.set(screen, feed)
      void feed?.catchUp()
    } else if (message.topic === 'kpis') {
      if (message.type === 'subscribe') this.#watchKpis(screen, message)
      else this.#unwatchKpis(screen, message)
    } else if (message.type === 'subscribe') {
      screen.watch(message.topic === 'board' ? this.#board : this.#health)
    } else {
      screen.unwatch(message.topic)
    }
  }

  /** Gives slow screens what they skipped. */
  tick(): void {
    for (const [screen, feed] of this.#screens) {
      screen.catchUp()
      void feed?.catchUp()
    }
  }

  sendBoard(): void {
    const { board } = this.#deps
    void board.refresh()
    if (![...this.#screens.keys()].some((screen) => screen.topics.has('board'))) return
    const news = board.news()
    if (news !== null) this.#offer(this.#board.key, frameOf({ type: 'board', board: news }))
  }

  heartbeat(): void {
    const now = this.#deps.clock()
    for (const screen of this.#screens.keys()) {
      if (now - screen.heardAt > DEAD_AFTER) screen.terminate()
      else screen.ping()
    }
  }

  /** Tells every screen to come back to another process, or to this one's successor. */
  close(): void {
    this.#unsubscribe()
    for (const timer of this.#timers) clearInterval(timer)
    for (const screen of this.#screens.keys()) screen.close(1001, 'going away')
  }

  #publish(change: Change): void {
    if (change.type === 'kpis') {
      this.#deps.board.moved(change.metric)
      this.#publishKpis(change.metric, change.window, change.rows)
    } else if (change.type === 'alert') {
      this.#publishAlert(change.change)
    } else if (change.type === 'health') {
      this.#offer(this.#health.key, frameOf({ type: 'health', health: change.health }))
    } else {
      this.#offer(this.#hello.key, this.#hello.snapshot()!)
    }
  }

  #offer(key: string, frame: Buffer): void {
    for (const screen of this.#screens.keys()) if (screen.topics.has(key)) screen.offer(key, frame)
  }

  #publishKpis(metric: string, window: string, all: KpiRow[]): void {
    for (const topic of this.#kpis.values()) {
      if (topic.metric !== metric || topic.window !== window) continue
      const rows = all.filter((row) => inGroup(row, topic.group))
      if (rows.length === 0) continue
      this.#offer(topic.key, frameOf({ type: 'kpis', metric, window, snapshot: false, rows }))
    }
  }

  #publishAlert(change: AlertChange): void {
    const { cursor } = change
    this.#cursor = cursor
    const message: ServerMessage = { type: 'alerts', snapshot: false, cursor, changes: [change] }
    let frame: Buffer | undefined
    for (const feed of this.#screens.values()) feed?.offer(change, (frame ??= frameOf(message)))
  }

  #watchKpis(screen: Screen, ask: { metric: string; window?: string; group?: Record<string, string> }): void {
    if (screen.topics.size >= MAX_TOPICS) {
      return screen.say({ type: 'error', message: `A screen watches at most ${MAX_TOPICS} topics.` })
    }
    const { reader } = this.#deps
    const metric = reader.config()?.metrics.find((known) => known.name === ask.metric)
    const window = metric?.windows.find(
      (known) => known.name === (ask.window ?? metric.windows[0]?.name),
    )?.name
    if (window === undefined) {
      const what = metric === undefined ? `metric ${ask.metric}` : `window ${ask.window} of ${ask.metric}`
      return screen.say({ type: 'error', message: `There is no ${what}. See GET /v1/kpis.` })
    }
    const group = Object.fromEntries(Object.entries(ask.group ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    const key = `kpis ${JSON.stringify([ask.metric, window, group])}`
    let topic = this.#kpis.get(key)
    if (topic === undefined) {
      const snapshot = () => kpiSnapshot(reader, ask.metric, window, group)
      topic = { key, metric: ask.metric, window, group, snapshot }
      this.#kpis.set(key, topic)
    }
    screen.watch(topic)
  }

  #unwatchKpis(screen: Screen, ask: { metric: string; window?: string }): void {
    for (const key of screen.topics.keys()) {
      const topic = this.#kpis.get(key)
      if (topic?.metric !== ask.metric || (ask.window !== undefined && topic.window !== ask.window)) continue
      screen.unwatch(key)
      this.#drop(key)
    }
  }

  /** Forgets a question nobody asks any more. */
  #drop(key: string): void {
    const watched = [...this.#screens.keys()].some((screen) => screen.topics.has(key))
    if (!watched) this.#kpis.delete(key)
  }

  /** The newest cursor known; at the first call it pages through what is kept. */
  async #newestCursor(): Promise<string> {
    for (;;) {
      const changes = await this.#deps.reader.alertChanges(this.#cursor, PAGE)
      if (changes === null && this.#cursor === '0') return '0'
      if (changes === null) this.#cursor = '0'
      else if (changes.length === 0) return this.#cursor
      else this.#cursor = changes.at(-1)!.cursor
    }
  }
}

function inGroup(row: KpiRow, group: Record<string, string>): boolean {
  return Object.entries(group).every(([field, value]) => row.group[field] === value)
}

function kpiSnapshot(reader: Reader, metric: string, window: string, group: Record<string, string>): Buffer {
  try {
    const { rows } = reader.kpis(metric, { window, group })
    return frameOf({ type: 'kpis', metric, window, snapshot: true, rows })
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    return frameOf({ type: 'error', message: error.explain() })
  }
}
