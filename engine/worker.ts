/**
 * One engine process: claims partitions, reads their logs, feeds the folds, and lets them commit. Any number of
 * workers may run; which one owns a partition is decided by the leases alone.
 */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { admitter, ALERTS, claim, type Target } from './commit/claim.ts'
import { Controls } from './commit/controls.ts'
import type { PartitionEnvironment } from './commit/environment.ts'
import type { Partition } from './commit/partition.ts'
import { EvictionWatch } from './doctor/redis-eviction-watch.ts'
import { WeirError } from './error.ts'
import { catchUp } from './record/project.ts'
import { loadRecords } from './record/record-set.ts'
import { detectStore } from './series/detect-store.ts'
import { heartbeat } from './ownership/membership.ts'
import { spread } from './ownership/spread.ts'
import { connect, reach } from './stream/connection.ts'
import { createLogReader, type LogReader, type Read } from './stream/log-reader.ts'

export interface WorkerOptions {
  redisUrl: string
  namespace: string
  log: Logger
  ttl?: number
  commitEvery?: number
  snapshotEvery?: number
}

/** Bytes aimed at per read, and the bounds of the number of entries per partition and read. */
const READ_BYTES = 4 * 1024 * 1024
const MIN_COUNT = 1
const MAX_COUNT = 500
/** Longest wait for entries: short while something waits for its commit. */
const BLOCK_IDLE = 100
const BLOCK_BUSY = 20
const CLAIM_EVERY = 500
const MIN_CLAIM = 20
const CLAIMS_AT_ONCE = 3
/** Longest time that ticks wait for partitions being taken over, ms: first everything is to be counted again. */
const TICKS_WAIT = 2000
const CONTROL_EVERY = 200
const BEAT_EVERY = 500
/** Partitions handed over at a time: the others go on meanwhile. */
const HAND_OVER = 2
/** Longest time of folding without a look at anything else, ms. */
const BREATH = 10
const WARN_EVERY = 10_000
const EVICTION_EVERY = 10_000

/** A read under way: the partitions it is for, and after which entry of each it was asked. */
interface Reading {
  asked: ReadonlyMap<string, { partition: Partition; after: string }>
  answer: Promise<Read | null>
}

export class Worker {
  readonly id = `${process.pid}.${randomUUID().slice(0, 8)}`
  readonly partitions = new Map<string, Partition>()
  /** Partitions that stopped because going on would be a guess; with the reason. */
  readonly stopped = new Map<string, Error>()
  private readonly options: WorkerOptions
  private readonly redis: Redis
  private readonly readerRedis: Redis
  private readonly reader: LogReader
  private readonly controls: Controls
  private readonly eviction: EvictionWatch
  private controlLosses = 0
  private readonly tokens = new Map<string, string>()
  private env!: PartitionEnvironment
  private running = true
  private loops: Promise<unknown> | null = null
  private entryBytes = 1024
  private pulsedAt = 0
  /** When the first lease that we wait for runs out, ms after the last look. */
  private freeIn = CLAIM_EVERY
  private beatAt = Number.NEGATIVE_INFINITY
  private ticksFrom = Number.NEGATIVE_INFINITY
  private watchedAt = 0
  private owners = new Map<string, string>()
  private readonly warnedAt = new Map<string, number>()

  constructor(options: WorkerOptions) {
    this.options = options
    this.redis = connect(options.redisUrl, 'commit', 'weir-engine')
    this.readerRedis = connect(options.redisUrl, 'block', 'weir-engine-reader')
    this.reader = createLogReader(this.readerRedis)
    this.controls = new Controls(this.redis, options.namespace)
    this.eviction = new EvictionWatch(this.redis, (says, todo) => options.log.error({ todo }, says))
  }

  /** Warns, about one place at most every ten seconds: a Redis that is away fails everywhere at once. */
  private readonly onFailure = (where: string, error: unknown): void => {
    const now = monotone()
    if (now - (this.warnedAt.get(where) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY) return
    this.warnedAt.set(where, now)
    this.options.log.warn({ where, err: error }, 'will be tried again')
  }

  /** Connects and starts working; rejects with WEIR_REDIS_AWAY where Redis does not answer. */
  async start(): Promise<void> {
    const { redisUrl, namespace, log } = this.options
    await reach(this.redis, redisUrl)
    await reach(this.readerRedis, redisUrl)
    const store = await detectStore(this.redis)
    await loadRecords()
    this.env = {
      redis: this.redis,
      namespace,
      store,
      ttl: this.options.ttl ?? 5000,
      commitEvery: this.options.commitEvery ?? 100,
      snapshotEvery: this.options.snapshotEvery ?? 10_000,
      onFailure: this.onFailure,
      now: monotone,
      breathe: this.breathe,
      onHole: (partition, entries) =>
        log.error({ partition, entries }, 'entries were trimmed or deleted before they were read'),
    }
    log.info({ worker: this.id, series: store.name }, 'engine ready')
    await this.watchEviction()
    this.loops = Promise.all([this.claimLoop(), this.readLoop()])
  }

  /** Commits, snapshots and gives back every partition. */
  async stop(): Promise<void> {
    this.running = false
    await this.loops
    await Promise.allSettled([...this.partitions.values()].map((partition) => partition.release(monotone())))
    await heartbeat(this.redis, this.options.namespace, this.id, true).catch(() => undefined)
    this.redis.disconnect()
    this.readerRedis.disconnect()
  }

  private async claimLoop(): Promise<void> {
    let claimedAt = Number.NEGATIVE_INFINITY
    while (this.running) {
      try {
        const changed = await this.controls.refresh()
        if (this.controls.losses !== this.controlLosses) await this.startOver()
        if (changed) void this.project()
        if (monotone() - this.watchedAt > EVICTION_EVERY) await this.watchEviction()
        const moved = (changed || monotone() - this.beatAt > BEAT_EVERY) && (await this.beat())
        if (changed || moved || monotone() - claimedAt > this.freeIn) {
          claimedAt = monotone()
          this.freeIn = CLAIM_EVERY
          await this.claimAll(this.missing())
          await this.handOver()
        }
      } catch (error) {
        this.onFailure('control', error)
      }
      await pause(Math.min(CONTROL_EVERY, this.freeIn))
    }
  }

  /** The control log lost entries that we follow: what it holds now is in force, and partitions are loaded anew. */
  private async startOver(): Promise<void> {
    this.controlLosses = this.controls.losses
    const gone = this.controls.newest === ''
    const todo = gone
      ? 'To begin anew, start an engine with its config.'
      : 'After a failover: save the config again.'
    this.options.log.error(
      { todo },
      gone ? 'the control log was deleted' : 'the control log has lost entries',
    )
    const partitions = [...this.partitions.values()]
    this.partitions.clear()
    this.stopped.clear()
    await Promise.all(partitions.map((partition) => partition.drop()))
  }

  private async watchEviction(): Promise<void> {
    this.watchedAt = monotone()
    // A server that does not let us see INFO is no reason to stop.
    await this.eviction.look().catch((error: unknown) => this.onFailure('eviction', error))
  }

  /** Says that we live, sees who else does, and works out who should own what: true where that has changed. */
  private async beat(): Promise<boolean> {
    this.beatAt = monotone()
    const members = await heartbeat(this.redis, this.options.namespace, this.id)
    const before = this.owners
    this.owners = spread([...this.targets().keys()], members)
    return [...this.owners].some(([name, owner]) => before.get(name) !== owner)
  }

  /** All partitions that need an owner, by name. */
  private targets(): Map<string, Target> {
    const targets = new Map<string, Target>()
    if (this.controls.newest === '') return targets
    targets.set(`${ALERTS}.0`, { stream: ALERTS, partition: 0 })
    for (const { name, partitions } of this.controls.streams()) {
      for (let partition = 0; partition < partitions; partition++) {
        targets.set(`${name}.${partition}`, { stream: name, partition })
      }
    }
    return targets
  }

  /** Partitions that should be ours and are not. */
  private missing(): Target[] {
    return [...this.targets()].flatMap(([name, target]) => {
      const ours = this.owners.get(name) === this.id
      return ours && !this.partitions.has(name) && !this.stopped.has(name) ? [target] : []
    })
  }

  /** Gives a few partitions that should be somebody else's to them, each after a last commit and snapshot. */
  private async handOver(): Promise<void> {
    const surplus = [...this.partitions].filter(([name]) => (this.owners.get(name) ?? this.id) !== this.id)
    for (const [name, partition] of surplus.slice(0, HAND_OVER)) {
      this.partitions.delete(name)
      await partition.release(monotone())
      this.options.log.info({ partition: name, to: this.owners.get(name) }, 'handed over')
    }
  }

  /** Brings the records up to date with the control log; they only show it, so work goes on meanwhile. */
  private async project(): Promise<void> {
    await catchUp(this.redis, this.options.namespace).catch((error: unknown) =>
      this.onFailure('records', error),
    )
  }

  /** Several at a time: while one waits for Redis another one is folded. */
  private async claimAll(targets: Target[]): Promise<void> {
    const left = targets.values()
    const claimRest = async (): Promise<void> => {
      for (const target of left) await this.claim(target)
    }
    this.ticksFrom = monotone() + TICKS_WAIT
    await Promise.all(Array.from({ length: CLAIMS_AT_ONCE }, claimRest))
    this.ticksFrom = Number.NEGATIVE_INFINITY
  }

  private async claim(target: Target): Promise<void> {
    const name = `${target.stream}.${target.partition}`
    const { log } = this.options
    try {
      const claimed = await claim(this.env, this.controls, this.id, target, this.tokens.get(name) ?? '')
      if (claimed.verdict === 'HELD') {
        this.freeIn = Math.min(this.freeIn, Math.max(MIN_CLAIM, claimed.left))
        return
      }
      this.tokens.set(name, claimed.partition.token)
      this.partitions.set(name, claimed.partition)
      const { replayed, check } = claimed
      log.info({ partition: name, replayed, selfCheck: check }, 'owned')
    } catch (error) {
      if (error instanceof WeirError && !error.retry) {
        this.stopped.set(name, error)
        log.error({ partition: name, err: error }, 'partition stopped')
      } else {
        this.onFailure(name, error)
      }
    }
  }

  private async readLoop(): Promise<void> {
    let reading: Reading | null = null
    while (this.running) {
      const busy = this.pulse()
      try {
        const block = busy ? BLOCK_BUSY : BLOCK_IDLE
        reading ??= this.ask(block, [])
        if (reading === null) {
          await pause(block)
          continue
        }
        const { asked, answer } = reading
        reading = null
        const read = await answer
        if (read === null) continue
        // Redis looks up what comes next while this is counted.
        reading = this.ask(BLOCK_BUSY, read)
        await this.feed(read, asked)
      } catch (error) {
        this.onFailure('read', error)
        // Should it have been too much at once, the next one is less.
        this.entryBytes = Math.min(READ_BYTES, this.entryBytes * 4)
        await pause(200)
      }
    }
  }

  /** Lets every partition do what is due; true where something waits for its commit. */
  private pulse(): boolean {
    let busy = false
    this.pulsedAt = monotone()
    const ticks = this.pulsedAt >= this.ticksFrom
    for (const [name, partition] of this.partitions) {
      const pulse = partition.pulse(this.pulsedAt, this.controls.newest, ticks)
      busy ||= pulse === 'busy'
      if (pulse !== 'lost') continue
      this.partitions.delete(name)
      void partition.drop().catch((error: unknown) => this.onFailure(name, error))
    }
    return busy
  }

  /** Called between entries: after a while commits, replies and timers get their turn. */
  private readonly breathe = (): Promise<void> | null => {
    if (performance.now() - this.pulsedAt < BREATH) return null
    this.pulse()
    return setImmediate()
  }

  /** Asks for what comes after the positions of our partitions, and after what was `read` but not folded yet. */
  private ask(block: number, read: Read): Reading | null {
    const from = [...this.partitions.values()].filter((partition) => partition.hungry)
    if (from.length === 0) return null
    const count = Math.min(
      MAX_COUNT,
      Math.max(MIN_COUNT, Math.floor(READ_BYTES / this.entryBytes / from.length)),
    )
    const ends = new Map(read.map(([key, entries]) => [key, entries.id(entries.length - 1)]))
    const wanted = from.map(({ keys, off }) => ({ key: keys.log, after: ends.get(keys.log) ?? off }))
    const asked = new Map(wanted.map(({ key, after }, i) => [key, { partition: from[i]!, after }]))
    const answer = this.reader.read(wanted, count, block)
    // Whoever waits for the answer hears of its failure; until then nobody may.
    answer.catch(() => undefined)
    return { asked, answer }
  }

  private async feed(read: Read, asked: Reading['asked']): Promise<void> {
    const admit = admitter(this.controls)
    for (const [key, entries] of read) {
      const { partition, after } = asked.get(key)!
      // It may have been given away, or have stopped before the end of the read before this one.
      if (this.partitions.get(partition.name) !== partition || partition.off !== after) continue
      await partition.feed(entries, admit)
      this.entryBytes = 0.9 * this.entryBytes + 0.1 * entries.fields(0).size
    }
  }
}

/** A monotone clock, whole ms: log ids are made of it. */
function monotone(): number {
  return Math.floor(performance.now())
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
