/**
 * The shell around one fold: owns a partition under a lease, feeds it entries, and commits. One commit is in
 * flight at a time; folding goes on meanwhile. Everything that can fail ends in a verdict the worker acts on.
 */
import type { CompiledStream } from '../config/compiled.ts'
import { decodeTexts } from '../event/decode.ts'
import type { Entry } from '../event/entry.ts'
import { compareIds } from '../stream/entry-id.ts'
import type { LogEntries } from '../stream/log-entries.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import { assemble, type Taken } from './assemble.ts'
import { Drain } from './drain.ts'
import type { PartitionEnvironment } from './environment.ts'
import { withEvidence } from './evidence.ts'
import type { Fold } from './folding.ts'
import { neverRead } from './holes.ts'
import { type Numbers, outboxPairs } from './outgoing.ts'
import { logAhead } from './log-ahead.ts'
import { type Acquired, type Commit, type Committed, commit, renew } from './redis-scripts.ts'
import { Piecework } from './piecework.ts'
import type { Retention, RetentionLimit } from './retention.ts'
import type { Rounds } from './rounds.ts'
import { Shipper } from './shipper.ts'

/** How long a stopping worker waits for a Redis that is away: nothing is lost, the next owner replays. */
const RELEASE_PATIENCE = 2000

/** Of verdicts, which no stream of the config declares. */
const ALERTS_RETENTION: RetentionLimit = { age: 86_400_000, bytes: 64 * 1024 * 1024 }

/** Between two words on the clock of a log that is not yet read up to the first one. */
const WORD_EVERY = 1000

/** `lost`: the lease or the position is gone: drop this object, acquire anew. */
export type Pulse = 'idle' | 'busy' | 'lost'

export class Partition {
  readonly name: string
  readonly keys: PartitionKeys
  readonly fold: Fold
  readonly token: string
  readonly drain: Drain
  readonly shipper: Shipper
  /** Position read and folded, and the number of entries up to there. */
  off: string
  n: number
  /** Server time less `env.now`, ms, as of the last answer. */
  skew: number
  marked: string
  /** Up to where it is committed. */
  committed: { off: string; n: number }
  /** When the last commit was begun, ms. */
  committedAt = Number.NEGATIVE_INFINITY
  private readonly env: PartitionEnvironment
  private readonly stream: () => CompiledStream | null
  private readonly partition: number
  private readonly work: Piecework
  private readonly rounds: Rounds
  private readonly retention: Retention
  private readonly numbers: Numbers
  private cid: string
  /** Entries that were gone before they were read, since the beginning; `n` holds them as well. */
  private holes: number
  private tails: string[] = []
  /** Entries up to the last of `tails`. */
  private tailed: number
  private dirty = false
  /** Of the entry in hand. */
  private bytes = 0
  private inFlight: Promise<void> | null = null
  private committing = false
  private lost = false
  /** Set while giving the lease back: then Redis is waited for only so long. */
  private givingUpAt = Number.POSITIVE_INFINITY
  /** Whether the newest id was ahead of the server's clock at the last answer. */
  private ahead = false
  private wordAt = Number.NEGATIVE_INFINITY
  private snapshotAt: number
  private snapshotN: number
  private leaseAt: number

  constructor(
    env: PartitionEnvironment,
    target: { name: string; partition: number; keys: PartitionKeys; stream: () => CompiledStream | null },
    fold: Fold,
    acquired: Acquired & { verdict: 'OK' },
    rounds: Rounds,
    retention: Retention,
    now: number,
  ) {
    this.env = env
    this.name = target.name
    this.partition = target.partition
    this.keys = target.keys
    this.stream = target.stream
    this.fold = fold
    this.work = new Piecework(fold, env.breathe, this.passed)
    this.rounds = rounds
    this.retention = retention
    this.token = acquired.token
    this.skew = acquired.now - now
    this.leaseAt = now
    this.snapshotAt = now - Math.floor(env.snapshotEvery * ((target.partition * 0.37) % 1))
    this.cid = acquired.meta.get('cid') ?? '0:0'
    this.off = acquired.meta.get('off') ?? '0-0'
    this.n = Number(acquired.meta.get('n') ?? 0)
    this.tailed = this.n
    this.snapshotN = rounds.manifest.n
    this.committed = { off: this.off, n: this.n }
    this.holes = Number(acquired.meta.get('holes') ?? 0)
    this.numbers = JSON.parse(acquired.meta.get('numbers') ?? '{"pend":0,"outbox":0,"seq":{}}') as Numbers
    this.marked = fold.small().control
    this.drain = new Drain(env.store, this.keys, this.token, (error) =>
      env.onFailure(`${this.name} drain`, error),
    )
    this.shipper = new Shipper(env.redis, env.namespace, this.name, (error) =>
      env.onFailure(`${this.name} ship`, error),
    )
  }

  /** Queues what an earlier owner committed but did not finish. */
  async resume(): Promise<void> {
    const { redis } = this.env
    const pend = Object.entries(await redis.hgetall(this.keys.pend)).sort(([a], [b]) => Number(a) - Number(b))
    this.drain.add(pend.flat())
    const outbox = await redis.xrange(this.keys.outbox, '-', '+')
    const left = outbox.flatMap(([id, fields]) => [id, fields[1]!])
    await this.shipper.resume(left, this.env.now())
  }

  /**
   * Folds entries read after `off`, in order. Rejects where Redis is away; what was folded stays folded. Between two
   * entries, where the worker breathes, a commit may lie.
   */
  async feed(entries: LogEntries, admit: (entry: Entry) => Entry | Promise<Entry>): Promise<void> {
    const { breathe } = this.env
    try {
      for (let i = 0; i < entries.length; i++) {
        const [id, fields] = [entries.id(i), entries.fields(i)]
        const read = decodeTexts(id, fields)
        const entry = 'control' in read ? await admit(read) : read
        // Looked at after the last wait before the fold moves.
        while (this.work.busy) await this.work.done
        if (this.lost || this.givingUp) return
        this.bytes = fields.size
        const left = this.step(entry)
        if (left !== null) await left
        const rest = breathe()
        if (rest !== null) await rest
      }
    } finally {
      this.tail()
    }
  }

  /** One that fails halfway leaves a fold that nobody may go on with. */
  private step(entry: Entry): Promise<void> | null {
    try {
      return this.work.step(entry)?.catch(this.fail) ?? null
    } catch (error) {
      return this.fail(error)
    }
  }

  private readonly fail = (error: unknown): never => {
    this.lost = true
    throw error
  }

  /** The position moves with the fold. */
  private readonly passed = ({ id }: Entry): void => {
    this.retention.fed(id, this.bytes)
    this.off = id
    this.n++
    this.dirty = true
  }

  /** What was folded up to here must still be in the log when it is committed. */
  private tail(): void {
    if (this.n > this.tailed) this.tails.push(this.off)
    this.tailed = this.n
  }

  /** Whether more entries may be read now: what waits for the series, or for one commit to be answered, is bounded. */
  get hungry(): boolean {
    const stuck = this.committing && this.env.now() - this.committedAt > this.env.ttl
    return this.drain.length < 200 && !stuck
  }

  /**
   * Does what is due: commit, tick, marker, renewal, snapshot. `now`: of `env.now`. `ticks`: whether time may pass where
   * nothing is written. Never throws.
   */
  pulse(now: number, newestControl: string, ticks = true): Pulse {
    if (this.lost) return 'lost'
    if (this.inFlight !== null || this.work.busy || this.givingUp) return 'busy'
    this.retention.measure(now + this.skew)
    const due = this.fold.dueAt()
    const tick = ticks && due !== null && now + this.skew >= due
    const mark =
      newestControl !== '' && compareIds(newestControl, this.marked || '0-0') > 0 ? newestControl : ''
    // These do not wait for a quiet moment, which a busy partition may never have.
    const word = this.fold.minds(this.ahead) || (this.ahead && tick)
    if (mark !== '' || (word && now - this.wordAt >= WORD_EVERY)) {
      this.start(this.renew(now, word || tick, mark))
      return 'busy'
    }
    // A quiet partition takes its last snapshot too: others trim their outboxes by it.
    if (this.dirty || this.rounds.running || this.snapshotDue(now)) {
      if (now - this.committedAt < this.env.commitEvery) return 'busy'
      this.start(this.snapshotDue(now) ? this.snapshot(now) : this.commit(now))
      return 'busy'
    }
    if ((tick && !this.ahead) || now - this.leaseAt > this.env.ttl / 3) this.start(this.renew(now, tick, ''))
    return 'idle'
  }

  /** A last commit and snapshot, then gives the lease back. */
  async release(now: number): Promise<void> {
    this.givingUpAt = now + RELEASE_PATIENCE
    await Promise.all([this.inFlight, this.work.done])
    if (this.lost) return
    // One that is on its way holds the place of the last one.
    await this.finishRound(now)
    if (this.dirty || this.n > this.snapshotN) {
      await this.beginSnapshot(now)
      await this.finishRound(now)
    }
    await this.drain.stop()
    await this.shipper.stop()
    if (!this.lost) await renew(this.env.redis, this.keys, { ...this.renewal(), release: true })
  }

  private async finishRound(now: number): Promise<void> {
    await this.rounds.packed()
    for (let i = 0; i < 1000 && this.rounds.running && !this.lost; i++) await this.commit(now)
  }

  /** Stops background work after the lease was lost; writes nothing. */
  async drop(): Promise<void> {
    this.lost = true
    await Promise.all([this.inFlight, this.drain.stop(), this.shipper.stop()])
  }

  private start(work: Promise<void>): void {
    this.inFlight = work
      .catch((error: unknown) => {
        this.lost = true
        this.env.onFailure(this.name, error)
      })
      .finally(() => {
        this.inFlight = null
      })
  }

  private snapshotDue(now: number): boolean {
    return !this.rounds.running && this.n > this.snapshotN && now - this.snapshotAt >= this.env.snapshotEvery
  }

  /** Encodes the state while what was folded up to it is committed: neither waits for the other. */
  private async snapshot(now: number): Promise<void> {
    await Promise.all([this.commit(now), this.beginSnapshot(now)])
  }

  private async beginSnapshot(now: number): Promise<void> {
    this.snapshotAt = now
    this.snapshotN = this.n
    if (this.rounds.running) return
    const [off, n, holes] = [this.off, this.n, this.holes]
    const blocks = await this.work.snapshot()
    this.rounds.begin(blocks, off, n, holes)
  }

  private get givingUp(): boolean {
    return Number.isFinite(this.givingUpAt)
  }

  private async commit(now: number): Promise<void> {
    this.committedAt = now
    while (this.work.busy) await this.work.done
    const taken = this.take()
    const stream = this.stream()
    const { redis } = this.env
    const alerts =
      stream === null
        ? []
        : await withEvidence(redis, this.env.namespace, this.partition, stream, taken.outputs.told)
    const upload = this.rounds.upload()
    const outbox = outboxPairs(stream?.name ?? '', alerts, taken.outputs, this.numbers)
    const commit = assemble(taken, upload, outbox, this.numbers, {
      token: this.token,
      before: this.cid,
      ttl: this.env.ttl,
      trim: this.retention.trim(stream?.retention ?? ALERTS_RETENTION),
      outboxTrim: this.shipper.trim,
      holes: this.holes,
    })
    this.committing = true
    const done = await this.send(commit).finally(() => (this.committing = false))
    if (done.verdict !== 'OK' && done.verdict !== 'DUP' && done.verdict !== 'CLOCK') {
      this.lost = true
      this.env.onFailure(this.name, new Error(`commit answered ${done.verdict}: loading anew`))
      return
    }
    this.cid = commit.after
    this.committed = { off: taken.off, n: taken.n }
    this.see(done)
    this.count(neverRead(taken, done))
    this.leaseAt = now
    if (upload.completes !== null) {
      this.retention.snapshotAt(upload.completes)
      this.rounds.completed()
    }
    this.drain.add(commit.pend)
    this.shipper.add(commit.outbox)
    await this.shipper.confirm(now)
  }

  /** Notes entries that were gone before they were read; the next commit stores their number. */
  private count(holes: number): void {
    if (holes === 0) return
    this.n += holes
    this.holes += holes
    this.dirty = true
    this.env.onHole?.(this.name, holes)
  }

  /** Cuts here: what was folded so far belongs to this commit, whatever is folded while it is under way does not. */
  private take(): Taken {
    this.tail()
    const taken = {
      outputs: this.fold.take(),
      small: this.fold.small(),
      off: this.off,
      n: this.n,
      tails: this.tails,
    }
    this.tails = []
    this.dirty = false
    return taken
  }

  /** Sends one commit until it is answered. A resend is byte-identical, so a lost reply answers DUP. */
  private async send(built: Commit): Promise<Committed> {
    for (let wait = 50; ; wait = Math.min(2000, wait * 2)) {
      try {
        return await commit(this.env.redis, this.keys, built)
      } catch (error) {
        if (this.lost || this.env.now() > this.givingUpAt) throw error
        this.env.onFailure(`${this.name} commit`, error)
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
  }

  /** What an answer says of the time. A log that is ahead is counted on; its owner says so in it. */
  private see(done: { verdict: string; now: number; last: string }): void {
    if (done.now === 0) return
    this.skew = done.now - this.env.now()
    this.ahead = done.verdict === 'CLOCK'
    if (this.ahead) this.env.onFailure(`${this.name} clock`, logAhead(this.keys.log, done.last, done.now))
  }

  private renewal(): { token: string; ttl: number; off: string; n: number } {
    return { token: this.token, ttl: this.env.ttl, ...this.committed }
  }

  private async renew(now: number, tick: boolean, mark: string): Promise<void> {
    const ahead = this.fold.minds(false)
    if (tick) this.wordAt = now
    try {
      const done = await renew(this.env.redis, this.keys, { ...this.renewal(), tick, mark, ahead })
      if (done.verdict !== 'OK' && done.verdict !== 'CLOCK') {
        this.lost = true
        this.env.onFailure(this.name, new Error(`renewal answered ${done.verdict}: loading anew`))
        return
      }
      if (mark !== '') this.marked = mark
      this.leaseAt = now
      this.see(done)
      await this.shipper.confirm(now)
    } catch (error) {
      // Redis away: try again at the next pulse; the lease runs out by itself if it must.
      this.env.onFailure(`${this.name} renew`, error)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
