/**
 * This process's part in the shared schedule: it takes due runs that it has room for, and ends each only when its
 * event is in Redis. Redis hears one script call per turn, however many scrapers there are.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Claim,
  type Ended,
  type Lane,
  type Missed,
  type Owed,
  type Pressure,
  type Settled,
  type TurnReply,
  type Turns,
  laneOf,
} from '../../engine/index.ts'
import { everyText, readEvery } from '../define/every.ts'
import type { Scraper } from '../index.ts'
import { entryOf } from './catalog.ts'
import { type Decision, type Timing, afterwards, decide } from './decide.ts'
import { NEVER, dueAfter, firstDue, jitter, latestDue } from './plan.ts'
import { createEndings } from './endings.ts'
import { createRest } from './rest.ts'
import { createTeller } from './teller.ts'

export interface Scheduled {
  scraper: Scraper
  version: string
}

/** Which run of its schedule this is. */
export interface Start {
  /** Server time, ms. */
  due: number
  /** How much later than meant it begins, ms. */
  lateMs: number
}

/** Due times without a run, or a run that ended with its process, or threw (`why`). */
export type Unrun = Missed | { died: number; why?: string }

export interface ScheduleWorld {
  turns: Turns
  /** 0 … 1 */
  random: () => number
  /** How many runs can begin in a lane, where so many are taken, and so many of those have begun. */
  room: (lane: Lane, taken: number, running: number) => number
  /** Does one run and sends its event. */
  run: (scheduled: Scheduled, turn: Start) => Promise<unknown>
  /** Sends the event of what was not run to its end. */
  tell: (scheduled: Scheduled, unrun: Unrun) => Promise<unknown>
  /** Resolves when every event of these streams so far is in Redis. */
  flush: (streams: readonly string[]) => Promise<void>
  about: () => { pid: number; host: string; rssMb: number }
  failed: (error: unknown, what: string) => void
}

export interface Schedule {
  /** Replaces what is scheduled here. Running ones finish. */
  set(all: Scheduled[]): void
  /** Due times that passed without a run, as far as this process told them. */
  readonly missed: number
  readonly running: number
  readonly size: number
  /** Runs that are due and that no process has room for. */
  readonly pressure: Record<Lane, Pressure>
  /** Takes no more runs, and waits for running ones, at most `grace` ms. */
  stop(grace: number): Promise<void>
  /** Last: ends what has ended (`flushed`: all its events are in Redis), hands back the rest. */
  leave(flushed: boolean): Promise<void>
}

/** Between two turns at least, so that what ends together is told together, ms. */
const PACE_MS = 20
/** And at most: so soon is heard of what was asked for, and of what others left. */
const IDLE_MS = 500
/** Compares with Redis what runs here. */
const LONG_MS = 5000
/** The same while there are scrapers that came due where nobody knew them: we may. */
const STRAY_MS = 1000
/** Runs taken in one turn: others shall have some, too. */
const MAX_TAKE = 16
const MAX_BACK_OFF_MS = 1000
const LEAVE_MS = 1000
/** By so much Redis' clock must have gone back for it to be noticed, ms. */
const SET_BACK_MS = 1000

/** A claim of this process. */
interface Held {
  due: number
  done: Promise<void>
}

export function createSchedule(world: ScheduleWorld): Schedule {
  const { turns } = world
  const known = new Map<string, Scheduled>()
  /** Taken here and, as far as we know, not ended in Redis, by name; the newest of each. */
  const open = new Map<string, Held>()
  const tasks = new Set<Promise<void>>()
  const taken: Record<Lane, number> = { browser: 0, http: 0 }
  const running: Record<Lane, number> = { browser: 0, http: 0 }
  /** Ended, its event in Redis. */
  let ready: Ended[] = []
  /** Decisions on their way into Redis, and who waits for each. */
  let settled: (Settled & { done: (held: boolean) => void })[] = []
  let unregistered = new Set<string>()
  let clock = { server: 0, local: 0 }
  let longAt = -Infinity
  let failures = 0
  let strays = 0
  let pressure: TurnReply['pressure'] = {
    browser: { overdue: 0, oldestMs: 0 },
    http: { overdue: 0, oldestMs: 0 },
  }
  const rest = createRest()
  const teller = createTeller(world, rest)
  const endings = createEndings(teller, rest, (all) => {
    ready.push(...all)
    wake()
  })
  let wake: () => void = () => undefined
  let loop: Promise<void> | null = null

  const now = (): number => Math.round(clock.server + performance.now() - clock.local)

  async function work(): Promise<void> {
    while (!rest.over) {
      const woken = new Promise<void>((resolve) => (wake = resolve))
      const wait = await takeTurn()
      await rest.nap(PACE_MS)
      if (wait > PACE_MS) await Promise.race([woken, rest.nap(wait - PACE_MS)])
    }
    for (const { done } of settled) done(false)
  }

  /** One turn; resolves with how long the next may wait, ms. */
  async function takeTurn(): Promise<number> {
    const ended = ready
    const settling = settled
    ready = []
    settled = []
    const long = performance.now() - longAt >= (strays > 0 ? STRAY_MS : LONG_MS) || failures > 0
    const room = { browser: roomIn('browser'), http: roomIn('http') }
    try {
      if (unregistered.size > 0) await register()
      const sent = now()
      const about = long ? { ...world.about(), scrapers: known.size, running: open.size } : null
      const reply = await turns.turn({ room, ended, settled: settling, about })
      // What is due by the clock of before must not wait for it.
      if (reply.now < sent - SET_BACK_MS) unregistered = new Set(known.keys())
      clock = { server: reply.now, local: performance.now() }
      for (const { name, due } of ended) if (open.get(name)?.due === due) open.delete(name)
      for (const { name, done } of settling) done(reply.held.includes(name))
      if (long) longAt = performance.now()
      failures = 0
      pressure = reply.pressure
      for (const claim of reply.claims) begin(claim)
      // Taken by a turn whose reply was lost: nobody else will do them.
      for (const claim of reply.mine) if (!open.has(claim.name)) begin(claim)
      // Redis has lost the catalog.
      if (reply.catalogued < known.size) unregistered = new Set(known.keys())
      if (reply.stray !== strays) longAt = -Infinity
      strays = reply.stray
      for (const name of reply.strays) if (known.has(name)) unregistered.add(name)
      return waitAfter(reply, room)
    } catch (error) {
      ready = [...ended, ...ready]
      settled = [...settling, ...settled]
      if (failures === 0) world.failed(error, 'the schedule waits for Redis')
      failures += 1
      // It may have come back without its last second, or with nothing at all.
      unregistered = new Set(known.keys())
      return Math.min(PACE_MS * 2 ** failures, MAX_BACK_OFF_MS)
    }
  }

  function roomIn(lane: Lane): number {
    return Math.max(0, Math.min(MAX_TAKE, Math.floor(world.room(lane, taken[lane], running[lane]))))
  }

  function waitAfter({ now: at, next, claims }: TurnReply, room: Record<Lane, number>): number {
    const left = { ...room }
    for (const { lane } of claims) left[lane] -= 1
    const dues = (['browser', 'http'] as const).map((lane) => {
      // What is due and was not taken waits for room of ours, or for another process.
      const full = left[lane] <= 0 && room[lane] < MAX_TAKE
      return full || next[lane] === null ? IDLE_MS : next[lane] - at
    })
    return Math.max(0, Math.min(IDLE_MS, ...dues))
  }

  async function register(): Promise<void> {
    const names = unregistered
    unregistered = new Set()
    const at = await turns.now()
    const all = [...names].flatMap((name) => known.get(name) ?? [])
    await turns.register(
      all.map((scheduled) => {
        const { every, kind } = scheduled.scraper
        const first = firstDue(every, at, world.random(), known.size)
        return {
          entry: entryOf(scheduled),
          lane: laneOf(kind),
          timing: everyText(every),
          first: first === NEVER ? null : first,
          latest: latestDue(every, at),
        }
      }),
    )
  }

  function begin(claim: Claim): void {
    const { name, due, lane } = claim
    const scheduled = known.get(name)
    if (scheduled === undefined) return void ready.push({ name, due, lane, next: 'unknown' })
    const had = open.get(name)
    if (had?.due === due) return
    // Redis has lost that we run it, or others have run it meanwhile: one at a time, and none is left out.
    const held: Held = { due, done: had?.done ?? Promise.resolve() }
    open.set(name, held)
    taken[lane] += 1
    const task = held.done
      .then(() => perform(scheduled, claim, held))
      .catch((error: unknown) => {
        world.failed(error, `the run of ${name}`)
        // Not ended: the next look at what Redis says runs here begins it anew.
        close(name, held)
      })
      .finally(() => {
        taken[lane] -= 1
        tasks.delete(task)
      })
    held.done = task
    tasks.add(task)
  }

  function close(name: string, held: Held): void {
    if (open.get(name) === held) open.delete(name)
  }

  /** What returns early is not ended: it is handed back, or another process has taken it over. */
  async function perform(scheduled: Scheduled, claim: Claim, held: Held): Promise<void> {
    const { name, lane, owed } = claim
    const { catchUp, every } = scheduled.scraper
    const by: Timing = { catchUp, every: owed === null ? every : readEvery(owed.timing) }
    if (owed !== null && !(await teller.owed(scheduled, owed))) return
    const begun = now()
    const decision = owed?.run === false ? settledAt(claim.due) : decide(claim, by, begun)
    const settledTo = (to: number, what: Pick<Owed, 'died' | 'missed' | 'run'>): Promise<boolean> => {
      const step = { name, due: held.due, lane, to, owed: { ...what, timing: everyText(by.every) } }
      return settle(scheduled, step, held)
    }
    if (decision.died !== null || decision.missed) {
      const { died, missed: gone, run, upTo: to } = decision
      if (!(await settledTo(to, { died, missed: gone, run: run !== null }))) return
    }
    if (decision.run !== null && !(await visit(scheduled, claim, decision.run, begun))) return
    // A reload may have changed its timing meanwhile.
    const latest = known.get(name)?.scraper.every ?? every
    const to = everyText(latest) === everyText(by.every) ? by.every : latest
    const after = afterwards(claim, by, decision, begun, now(), to)
    if (after.missed) {
      const upTo = dueAfter(by.every, after.missed.due, after.missed.count - 1)
      if (
        !(await teller.flushed(scheduled)) ||
        !(await settledTo(upTo, { died: null, missed: after.missed, run: false }))
      )
        return
    }
    endings.add(scheduled, { name, due: held.due, lane, next: after.next })
  }

  /** Writes a decision down, then tells it. False where the run is no longer ours, or others are to tell it. */
  async function settle(scheduled: Scheduled, step: Settled, held: Held): Promise<boolean> {
    const ours = await new Promise<boolean>((done) => {
      settled.push({ ...step, done })
      // It is written down on leaving.
      if (rest.over) done(false)
      wake()
    })
    if (ours) held.due = step.to
    else close(step.name, held)
    return ours && teller.owed(scheduled, step.owed)
  }

  /** False where it is to stop before it has begun: then it does not end, but is handed back. */
  async function visit(scheduled: Scheduled, claim: Claim, due: number, begun: number): Promise<boolean> {
    const { lane, asked, attempt } = claim
    const meant = asked || attempt > 0 ? 0 : jitter(scheduled.scraper.every, world.random())
    // What is late already is not made later, and what a clock that was set back has made early does not wait for it.
    await rest.nap(Math.min(meant, due + meant - begun))
    if (rest.over) return false
    running[lane] += 1
    return world
      .run(scheduled, { due, lateMs: Math.max(0, now() - due - meant) })
      .then(() => true)
      .catch((error: unknown) => {
        world.failed(error, `the run of ${claim.name}`)
        return teller.one(scheduled, { died: due, why: `the run failed: ${String(error).slice(0, 300)}` })
      })
      .finally(() => (running[lane] -= 1))
  }

  return {
    set(all) {
      known.clear()
      for (const each of all) known.set(each.scraper.name, each)
      unregistered = new Set(known.keys())
      wake()
      loop ??= work()
    },
    get missed() {
      return teller.missed
    },
    get running() {
      return tasks.size
    },
    get size() {
      return known.size
    },
    get pressure() {
      return pressure
    },
    async stop(grace) {
      rest.end()
      await Promise.race([Promise.all([loop, ...tasks]), sleep(grace, undefined, { ref: false })])
    },
    async leave(flushed) {
      const ended = flushed ? [...ready, ...endings.waiting] : ready
      const goodbye = async (): Promise<void> => {
        if (ended.length + settled.length > 0)
          await turns.turn({ room: NO_ROOM, ended, settled, about: null })
        await turns.leave()
      }
      // Without it others wait until the lease is over.
      await Promise.race([goodbye(), sleep(LEAVE_MS, undefined, { ref: false })]).catch(() => undefined)
      turns.close()
    },
  }
}

const NO_ROOM = { browser: 0, http: 0 }

/** Nothing is left to run or to tell up to there. */
function settledAt(due: number): Decision {
  return { died: null, missed: null, run: null, upTo: due }
}
