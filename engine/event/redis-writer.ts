/** Brings batches to Redis in rounds: the oldest of every partition at once, resent unchanged until it is there. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lane } from './lane.ts'
import type { Sender } from './redis-sender.ts'

const LINGER_MS = 10
const HIGH_WATER_ROWS = 10_000
/** Rows may be large: memory is bounded by bytes as well. */
const HIGH_WATER_BYTES = 16 * 1024 * 1024

export interface WriterOptions {
  sender: Sender
  lanes: Lane[]
  /** Key of the log of each lane. */
  logs: string[]
  /** 0 … 1, for the back-off. */
  random: () => number
  linger?: number
  highWater?: number
}

/** What a flush found undone at its deadline, and the last thing Redis or the network said. */
export interface Late {
  rows: number
  trouble: Error | null
}

export interface Writer {
  readonly closed: boolean
  /** Notes a row that a lane has taken. Null where there is room for more, else resolves when there is. */
  took(sealedOne: boolean, bytes: number): Promise<void> | null
  /** Resolves when all that was taken so far is in Redis, or the deadline (ms) is over. Goes on trying after it. */
  flush(deadline: number): Promise<Late | null>
  /** Flushes; takes nothing more; gives up what is undone at the deadline. */
  close(deadline: number): Promise<Late | null>
}

/** One round is in flight at a time, so the order within a partition holds. */
export function createWriter(options: WriterOptions): Writer {
  const { sender, lanes, logs, random, linger = LINGER_MS, highWater = HIGH_WATER_ROWS } = options
  const state = { rows: 0, bytes: 0, closed: false, abandoned: false, running: false, due: false }
  let timer: NodeJS.Timeout | null = null
  let trouble: Error | null = null
  let flushes: { upTo: number[]; done: () => void }[] = []
  const waiting: (() => void)[] = []

  const full = (): boolean => state.rows >= highWater || state.bytes >= HIGH_WATER_BYTES
  const behind = (upTo: number[]): boolean => lanes.some((lane, i) => lane.acked < upTo[i]!)

  /** Partitions with something to write. What is due is sealed first, and what has gathered meanwhile goes along. */
  const ready = (): number[] => {
    if (state.due) for (const lane of lanes) lane.seal()
    state.due = false
    return [...lanes.keys()].filter((i) => lanes[i]!.head() !== undefined)
  }

  /** Writes the head of each lane; those that fail stay for the next attempt, to the byte. */
  const deliver = async (round: number[]): Promise<void> => {
    for (let attempt = 0; round.length > 0 && !state.abandoned; attempt++) {
      if (attempt > 0) await sleep(backOff(attempt, random))
      const outcome = await sender.write(
        round.map((i) => ['xadd', logs[i]!, '*', ...lanes[i]!.head()!.fields]),
      )
      trouble = outcome.find((error) => error !== null) ?? null
      for (const [at, i] of round.entries()) if (outcome[at] === null) done(lanes[i]!)
      round = round.filter((_, at) => outcome[at] !== null)
    }
  }

  const done = (lane: Lane): void => {
    const { rows, bytes } = lane.head()!
    state.rows -= rows
    state.bytes -= bytes
    lane.ack()
  }

  const tell = (): void => {
    if (!full()) for (const resume of waiting.splice(0)) resume()
    for (const flush of flushes) if (!behind(flush.upTo)) flush.done()
    flushes = flushes.filter((flush) => behind(flush.upTo))
  }

  const run = async (): Promise<void> => {
    if (state.running) return
    state.running = true
    for (let round = ready(); round.length > 0 && !state.abandoned; round = ready()) {
      await deliver(round)
      tell()
    }
    state.running = false
  }

  const hurry = (): void => {
    state.due = true
    void run()
  }

  const flush = async (deadline: number): Promise<Late | null> => {
    const upTo = lanes.map((lane) => lane.next)
    if (!behind(upTo)) return null
    const stop = new AbortController()
    const arrived = new Promise<void>((resolve) => flushes.push({ upTo, done: resolve })).then(() => null)
    const late = sleep(deadline, null, { signal: stop.signal }).then(() => ({ rows: state.rows, trouble }))
    late.catch(() => undefined)
    hurry()
    const outcome = await Promise.race([arrived, late])
    stop.abort()
    return outcome
  }

  return {
    get closed() {
      return state.closed
    },
    took: (sealedOne, bytes) => {
      state.rows++
      state.bytes += bytes
      timer ??= setTimeout(() => {
        timer = null
        hurry()
      }, linger)
      if (full()) hurry()
      else if (sealedOne) void run()
      return full() ? new Promise((resume) => waiting.push(resume)) : null
    },
    flush,
    close: async (deadline) => {
      state.closed = true
      const late = await flush(deadline)
      state.abandoned = true
      if (timer !== null) clearTimeout(timer)
      sender.close()
      return late
    },
  }
}

/** 50 ms doubling to 1 s, half of it random, so that many producers do not knock together. */
function backOff(attempt: number, random: () => number): number {
  const longest = Math.min(1000, 50 * 2 ** (attempt - 1))
  return longest * (0.5 + random() / 2)
}
