/** Brings batches to Redis in rounds: the oldest of every partition at once, resent unchanged until it is there. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lane } from './lane.ts'
import { isReply, type Sender } from './redis-sender.ts'

const LINGER_MS = 10
const HIGH_WATER_ROWS = 10_000
/** Rows may be large: memory is bounded by bytes as well. */
const HIGH_WATER_BYTES = 16 * 1024 * 1024
/** What was written longer ago is not looked for again, ms. */
const LOOK_BACK = 3_600_000

export interface WriterOptions {
  sender: Sender
  lanes: Lane[]
  /** Key of the log of each lane. */
  logs: string[]
  /** 0 … 1, for the back-off. */
  random: () => number
  /** Wall clock, ms. */
  now: () => number
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
  const { sender, lanes, logs, random, now, linger = LINGER_MS, highWater = HIGH_WATER_ROWS } = options
  const state = { rows: 0, bytes: 0, closed: false, abandoned: false, running: false, due: false }
  let timer: NodeJS.Timeout | null = null
  let trouble: Error | null = null
  let flushes: { upTo: number[]; done: () => void }[] = []
  const waiting: (() => void)[] = []
  /** Lost connections after which what was written before was found to be there. */
  let proven = 0

  const full = (): boolean => state.rows >= highWater || state.bytes >= HIGH_WATER_BYTES
  const behind = (upTo: number[]): boolean => lanes.some((lane, i) => lane.acked < upTo[i]!)

  /** Partitions with something to write. What is due is sealed first, and what has gathered meanwhile goes along. */
  const ready = (): number[] => {
    if (state.due) for (const lane of lanes) lane.seal()
    state.due = false
    return [...lanes.keys()].filter((i) => lanes[i]!.head() !== undefined)
  }

  /**
   * On a new connection: is the newest entry of each lane still in its log? A server that took over, or came back
   * with less, has lost a suffix; the lane offers again what it has kept, and the engine counts what it misses.
   * False where nobody answers.
   */
  const prove = async (): Promise<boolean> => {
    const { losses } = sender
    if (losses === proven) return true
    const asked = lanes.flatMap((lane, i) => (lane.newest === null ? [] : [{ lane, i, last: lane.newest }]))
    const replies = await sender.write(asked.map(({ i, last }) => ['xrange', logs[i]!, last.id, last.id]))
    for (const [at, { lane, last }] of asked.entries()) {
      const reply = replies[at]
      // One who may write but not read is told nothing: then there is nothing to go by.
      if (reply instanceof Error && !isReply(reply)) {
        trouble = reply
        return false
      }
      if (Array.isArray(reply) && !holds(reply, last.entry.fields)) lane.rewind(now() - LOOK_BACK)
    }
    proven = losses
    return true
  }

  /** Writes the head of each lane; those that fail stay for the next attempt, to the byte. */
  const deliver = async (round: number[]): Promise<void> => {
    for (let attempt = 0; round.length > 0 && !state.abandoned; attempt++) {
      if (attempt > 0) await sleep(backOff(attempt, random))
      if (!(await prove())) continue
      const outcome = await sender.write(
        round.map((i) => ['xadd', logs[i]!, '*', ...lanes[i]!.head()!.fields]),
      )
      trouble = outcome.find((reply) => reply instanceof Error) ?? null
      for (const [at, i] of round.entries())
        if (!(outcome[at] instanceof Error)) done(lanes[i]!, String(outcome[at]))
      round = round.filter((_, at) => outcome[at] instanceof Error)
    }
  }
  const done = (lane: Lane, id: string): void => {
    const entry = lane.ack(id, now())
    state.rows -= entry?.rows ?? 0
    state.bytes -= entry?.bytes ?? 0
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

/** Whether the reply of XRANGE is the entry with these fields. */
function holds(reply: unknown[], fields: string[]): boolean {
  const found = (reply[0] as [id: string, fields: string[]] | undefined)?.[1]
  return found !== undefined && fields.every((field, i) => field === found[i])
}

/** 50 ms doubling to 1 s, half of it random, so that many producers do not knock together. */
function backOff(attempt: number, random: () => number): number {
  const longest = Math.min(1000, 50 * 2 ** (attempt - 1))
  return longest * (0.5 + random() / 2)
}
