/** Brings batches to Redis in rounds: the oldest of every partition at once, resent unchanged until it is there. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BEAT_EVERY } from './heartbeat.ts'
import type { Lane } from './lane.ts'
import { Overflow } from './overflow.ts'
import { isReply, type Sender } from './redis-sender.ts'
import type { Spool } from './spool.ts'

const LINGER_MS = 10
const HIGH_WATER_ROWS = 10_000
/** Rows may be large: memory is bounded by bytes as well. */
const HIGH_WATER_BYTES = 16 * 1024 * 1024
/** So many rounds that Redis did not take mean that it is away: about half a second. */
const AWAY_AFTER = 4
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
  /** Where entries go while Redis is away. */
  spool?: Spool | null
  /** Between two beats, ms. */
  beatEvery?: number
}

/** What a flush found undone at its deadline, and the last thing Redis or the network said. */
export interface Late {
  rows: number
  trouble: Error | null
}

export interface Writer {
  readonly closed: boolean
  /** Rows on disk that are not in Redis. */
  readonly spooled: number
  /** Why no further row can be taken: memory and disk are full, or the disk fails. Null where rows can be. */
  readonly refusal: string | null
  /** Notes a row that a lane has taken. Null where there is room for more, else resolves when there is. */
  took(sealedOne: boolean, bytes: number): Promise<void> | null
  /** Resolves when all that was taken so far is in Redis, or the deadline (ms) is over. Goes on trying after it. */
  flush(deadline: number): Promise<Late | null>
  /** Flushes; takes nothing more; what is undone at the deadline goes to disk, or is given up and returned. */
  close(deadline: number): Promise<Late | null>
}

/** One round is in flight at a time, so the order within a partition holds. */
export function createWriter(options: WriterOptions): Writer {
  const { sender, lanes, logs, random, now, linger = LINGER_MS, highWater = HIGH_WATER_ROWS } = options
  /** `rows` and `bytes`: what waits in memory. */
  const state = { rows: 0, bytes: 0, closed: false, due: false }
  const abandon = new AbortController()
  let running: Promise<void> | null = null
  const { beatEvery = BEAT_EVERY } = options
  let beatAt = now()
  let timer: NodeJS.Timeout | null = null
  let trouble: Error | null = null
  let flushes: { upTo: number[]; done: () => void }[] = []
  const waiting: (() => void)[] = []
  /** Rounds in a row that Redis did not take as a whole. */
  let failures = 0
  /** Lost connections after which what was written before was found to be there. */
  let proven = 0

  const leave = (rows: number, bytes: number): void => {
    state.rows -= rows
    state.bytes -= bytes
  }
  /** What is due is sealed, and what has gathered meanwhile goes along. */
  const seal = (): void => {
    if (state.due) for (const lane of lanes) lane.seal()
    state.due = false
  }
  const overflow = options.spool ? new Overflow(options.spool, lanes, { seal, left: leave }) : null
  const undone = (): number => lanes.reduce((sum, lane) => sum + lane.next - lane.acked, 0)
  const full = (): boolean => state.rows >= highWater || state.bytes >= HIGH_WATER_BYTES
  const stuck = (): boolean => full() && overflow !== null && overflow.stuck !== null
  const behind = (upTo: number[]): boolean => lanes.some((lane, i) => lane.acked < upTo[i]!)

  /** Partitions with something to write; while entries take the way over the disk, only with what came from there. */
  const ready = (): number[] => {
    if (!overflow?.engaged) seal()
    const may = (lane: Lane): boolean => (overflow?.engaged ? lane.offering : lane.head() !== undefined)
    return [...lanes.keys()].filter((i) => may(lanes[i]!))
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

  /** Writes the head of each lane once; those that fail stay, to the byte. True where all are in Redis. */
  const deliver = async (round: number[]): Promise<boolean> => {
    if (!(await prove())) return false
    const heads = [...lanes.keys()].filter((i) => round.includes(i) && lanes[i]!.head() !== undefined)
    const outcome = await sender.write(heads.map((i) => ['xadd', logs[i]!, '*', ...lanes[i]!.head()!.fields]))
    trouble = outcome.find((reply) => reply instanceof Error) ?? null
    for (const [at, i] of heads.entries())
      if (!(outcome[at] instanceof Error)) done(lanes[i]!, String(outcome[at]))
    return trouble === null
  }
  const done = (lane: Lane, id: string): void => {
    const entry = lane.ack(id, now())
    if (entry?.stored) overflow!.confirm()
    else if (entry !== null) leave(entry.rows, entry.bytes)
  }
  /** Says what every lane has numbered, where that is new; what fails is said with the next beat. */
  const beat = async (): Promise<void> => {
    beatAt = now()
    const due = lanes.flatMap(({ heartbeat }, i) => {
      const fields = heartbeat.due()
      return fields === null ? [] : [{ heartbeat, to: logs[i]!, fields }]
    })
    if (due.length === 0) return
    const replies = await sender.write(due.map(({ to, fields }) => ['xadd', to, '*', ...fields]))
    for (const [at, { heartbeat }] of due.entries()) if (!(replies[at] instanceof Error)) heartbeat.told()
  }
  const tell = (): void => {
    if (!full() || stuck()) for (const resume of waiting.splice(0)) resume()
    for (const flush of flushes) if (!behind(flush.upTo)) flush.done()
    flushes = flushes.filter((flush) => behind(flush.upTo))
  }

  /**
   * Brings to disk what waits in memory, and offers the oldest on disk. While Redis takes what is offered, memory may
   * fill first: else the disk would never be empty.
   */
  const detour = async (): Promise<void> => {
    if (overflow === null) return
    if (failures >= AWAY_AFTER || (failures > 0 && full())) overflow.engage()
    if (!overflow.engaged) return
    if (failures > 0 || full()) await overflow.store()
    tell()
    await overflow.refill()
  }

  const run = async (): Promise<void> => {
    while (!abandon.signal.aborted) {
      const fine = await detour().then(
        () => true,
        (error: Error) => ((trouble = error), false),
      )
      const round = ready()
      if (round.length === 0 && fine) return
      if (fine && (await deliver(round))) {
        failures = 0
        overflow?.recover()
        if (now() - beatAt >= beatEvery) await beat()
      } else await pause(backOff(++failures, random), abandon.signal)
      tell()
    }
  }

  /** Not async: what was added after the last look at the lanes must find that nobody runs. */
  const start = (): void => {
    running ??= run().finally(() => {
      running = null
      if (!abandon.signal.aborted && ready().length > 0) start()
    })
  }

  const hurry = (): void => {
    state.due = true
    if (overflow?.engaged && (failures > 0 || full())) void overflow.store().then(tell)
    start()
  }

  const flush = async (deadline: number): Promise<Late | null> => {
    const upTo = lanes.map((lane) => lane.next)
    if (!behind(upTo)) return null
    const stop = new AbortController()
    const arrived = new Promise<void>((resolve) => flushes.push({ upTo, done: resolve })).then(() => null)
    const late = sleep(deadline, null, { signal: stop.signal }).then(() => ({ rows: undone(), trouble }))
    late.catch(() => undefined)
    hurry()
    const outcome = await Promise.race([arrived, late])
    stop.abort()
    return outcome
  }

  /** Brings what is still in memory to disk. Returns what is left. */
  const keep = async (): Promise<Late | null> => {
    if (overflow === null) return { rows: undone(), trouble }
    state.due = true
    overflow.engage()
    await overflow.store()
    return state.rows === 0 ? null : { rows: state.rows, trouble: new Error(overflow.stuck ?? 'not stored') }
  }

  if (overflow?.engaged) start()
  return {
    get closed() {
      return state.closed
    },
    get spooled() {
      return undone() - state.rows
    },
    get refusal() {
      return stuck() ? overflow!.stuck : null
    },
    took: (sealedOne, bytes) => {
      state.rows++
      state.bytes += bytes
      timer ??= setTimeout(() => {
        timer = null
        hurry()
      }, linger)
      if (full()) hurry()
      else if (sealedOne) start()
      return full() && !stuck() ? new Promise((resume) => waiting.push(resume)) : null
    },
    flush,
    close: async (deadline) => {
      state.closed = true
      const late = await flush(deadline)
      // One that lived for less than a beat, and leaves nothing behind, has nothing to say that its rows do not.
      const begun = lanes.some(({ heartbeat }) => heartbeat.begun)
      if (late === null ? begun : late.trouble === null) await beat()
      abandon.abort()
      if (timer !== null) clearTimeout(timer)
      sender.close()
      await running
      // What is in Redis as a whole need not be read again by the next producer.
      await overflow?.refill().catch(() => undefined)
      const lost = late === null ? null : await keep()
      await overflow?.close()
      return lost
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

/** Resolves early when it is no longer worth waiting. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined)
}
