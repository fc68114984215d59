/** The wallboard's state for the live topic: collected from the Reader, its 24 h lines kept between looks. */
import type { CompiledConfig, CompiledPromise, Origin, Reader } from '../../engine/index.ts'
import type { BoardInput, BoardState } from '../board/board.ts'
import { boardState, SEND_AT_LEAST_EVERY } from '../board/state.ts'
import { keptSteps } from '../http/kpi.ts'
import type { Origins } from '../http/origin.ts'

type Line = [number, number | null][]

const DAY = 86_400_000
/** Points a line needs at most. */
const LINE_POINTS = 300
/** Lines are read again after this long, and sooner when their metric moved. ms. */
const LINE_AGE = 60_000
const LINE_AGE_MOVED = 10_000
/** Where alerts came from is asked again after this long, and at once for other alerts: a mark may come later. ms. */
const ORIGIN_AGE = 5000

export class BoardSource {
  readonly #reader: Reader
  readonly #clock: () => number
  readonly #of: Origins
  #origins: ReadonlyMap<string, Origin> = new Map()
  #originsOf = ''
  #originsAt = -Infinity
  #asking = false
  /** Ids of the alerts that the last board named. */
  #named: string[] = []
  #lines: Line[] = []
  #linesOf: CompiledConfig | null = null
  #linesAt = -Infinity
  #loading = false
  #moved = false
  #sent = ''
  #sentAt = -Infinity

  constructor(reader: Reader, clock: () => number, origins: Origins) {
    this.#reader = reader
    this.#clock = clock
    this.#of = origins
  }

  /** Tells that windows of `metric` moved. */
  moved(metric: string): void {
    const promises = this.#reader.config()?.board.promises ?? []
    if (promises.some((promise) => promise.metric === metric)) this.#moved = true
  }

  /** The board as of now. */
  state(): BoardState {
    const reader = this.#reader
    const kpis: BoardInput['kpis'] = (metric, window) => {
      try {
        return reader.kpis(metric, { window }).rows
      } catch {
        // A config that moved on between two looks: the board shows the number as unknown.
        return []
      }
    }
    const config = reader.config()
    const lines = this.#linesOf === config ? this.#lines : []
    const [alerts, health, now] = [reader.alerts(), reader.health(), this.#clock()]
    const board = boardState({ config, kpis, alerts, origins: this.#origins, lines, health, now })
    this.#named = board.alerts.map(({ id }) => id)
    return board
  }

  /** The state if a screen should have it now: it changed, or the last one is old; else null. */
  news(): BoardState | null {
    const board = this.state()
    const text = JSON.stringify({ ...board, now: 0 })
    if (text === this.#sent && board.now - this.#sentAt < SEND_AT_LEAST_EVERY) return null
    this.#sent = text
    this.#sentAt = board.now
    return board
  }

  /** Reads again what is due, or `force`d; throws nothing. */
  async refresh(force = false): Promise<void> {
    await Promise.all([this.#refreshOrigins(), this.#refreshLines(force)])
  }

  /** Of the alerts that the last board named. */
  async #refreshOrigins(): Promise<void> {
    const [now, named] = [this.#clock(), this.#named.join(' ')]
    if (this.#asking || (named === this.#originsOf && now - this.#originsAt < ORIGIN_AGE)) return
    this.#asking = true
    const ids = new Set(this.#named)
    this.#origins = await this.#of.of(this.#reader.alerts().filter(({ id }) => ids.has(id)))
    this.#originsOf = named
    this.#originsAt = now
    this.#asking = false
  }

  async #refreshLines(force: boolean): Promise<void> {
    const config = this.#reader.config()
    const now = this.#clock()
    const age = now - this.#linesAt
    const due = force || config !== this.#linesOf || age >= LINE_AGE || (this.#moved && age >= LINE_AGE_MOVED)
    if (config === null || this.#loading || !due) return
    this.#loading = true
    this.#moved = false
    const lines = await Promise.all(config.board.promises.map((promise) => this.#line(config, promise, now)))
    const before = this.#linesOf === config ? this.#lines : []
    // A line that cannot be read now keeps its last points; the board shows their age by itself.
    this.#lines = lines.map((line, i) => line ?? before[i] ?? [])
    this.#linesOf = config
    this.#linesAt = now
    this.#loading = false
  }

  async #line(config: CompiledConfig, promise: CompiledPromise, now: number): Promise<Line | null> {
    const metric = config.metrics.find((known) => known.name === promise.metric)
    const kept = metric === undefined ? [] : keptSteps(metric)
    const step = kept.find((ms) => DAY / ms <= LINE_POINTS) ?? kept.at(-1)
    if (step === undefined) return []
    const { stat, group } = promise
    const query = { metric: promise.metric, stat, from: now - DAY, to: now, step, group }
    return this.#reader.series(query).then(
      (answer) => answer.points,
      () => null,
    )
  }
}
