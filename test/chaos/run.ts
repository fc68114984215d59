/**
 * One chaos run from start to verdict: a Redis, workers and producers as real processes, trouble by a seed, and in
 * the end a comparison with what must have come out. Nothing here depends on how fast anything is.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { AlertChange } from '../../engine/alert/alert.ts'
import {
  appendConfig,
  connect,
  loadConfig,
  newestControl,
  openReader,
  type Reader,
} from '../../engine/index.ts'
import { ROOT } from '../harness/role.ts'
import { startRedis } from '../harness/redis.ts'
import { type Member, startMember } from './fleet.ts'
import { Foreign } from './foreign.ts'
import { flatRow, type Plan } from './load.ts'
import { Oracle } from './oracle.ts'
import type { Done, ProducerOrder, Release } from './producer.ts'
import { seeded } from './random.ts'
import { Havoc, type Tally, troubles } from './trouble.ts'
import { judge, type Verdict } from './verdict.ts'

export interface ChaosOptions {
  seed: number
  /** Seconds of load at least; it takes longer where trouble holds it up. */
  seconds: number
  /** Rows of each producer and second. */
  rate: number
  /** Mean time between two troubles, ms. */
  gap: number
  /** Path of the server program. Default: the first on the PATH. */
  redis?: string
  /** Whether to wait until the last whole minute of the live series is closed. */
  whole: boolean
  say: (line: string) => void
}

export interface ChaosResult extends Verdict {
  seed: number
  events: number
  tally: Tally
  /** Verdicts of commits and renewals that were not OK, how often. */
  answers: Record<string, number>
  /** Chunks that came so late that silence alarms about them are true. */
  stalls: number
  line: string
}

const NAMESPACE = 'chaos'
const WORKERS = 3
const PRODUCERS = 3
const CHUNK_MS = 1000
/** A release takes so long at most until all have sent it, or silence alarms may be true. */
const STALL_MS = 15_000
const SETTLE_MS = 120_000

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const run = new ChaosRun(options)
  try {
    return await run.all()
  } finally {
    await run.end()
  }
}

class ChaosRun {
  private readonly options: ChaosOptions
  private readonly plan: Plan
  private readonly ends: (() => Promise<unknown> | void)[] = []
  private readonly released: Release[] = []
  private readonly done: number[] = []
  private readonly alerts: AlertChange[] = []
  private readonly differences: string[] = []
  private readonly streams = { current: [] as ProducerOrder['streams'] }
  private redis!: Redis
  private reader!: Reader
  private workers: Member[] = []
  private producers: Member[] = []
  /** When the chunks that came late were to be sent. */
  private readonly stalls: number[] = []
  private deadline = 0

  constructor(options: ChaosOptions) {
    this.options = options
    const { seed, seconds, rate } = options
    const hour = 3_600_000
    const step = seconds <= 600 ? 20_000 : 5000
    const chunks = Math.ceil((seconds * 1000) / CHUNK_MS)
    const rows = Math.max(2, Math.round((rate * CHUNK_MS) / 1000))
    const now = Math.min(150, Math.ceil(rows / 6))
    this.plan = {
      seed,
      producers: PRODUCERS,
      chunks,
      step,
      origin: (Math.floor(Date.now() / hour) - 24) * hour,
      past: rows - now,
      now,
      extended: Math.floor(chunks * 0.3),
      segment: 10,
    }
  }

  async all(): Promise<ChaosResult> {
    const { seed, seconds, gap, say } = this.options
    this.deadline = Date.now() + seconds * 3000 + 120_000
    const server = await startRedis({
      fsync: 'always',
      ...(this.options.redis ? { program: this.options.redis } : {}),
    })
    this.ends.push(() => server.stop())
    this.redis = connect(server.url, 'query', 'chaos')
    this.ends.push(() => this.redis.disconnect())
    await this.configure(0)
    this.reader = await openReader(server.url, NAMESPACE)
    this.ends.push(() => this.reader.close())
    await this.start(server.port)
    const havoc = new Havoc(server, this.workers, this.producers, say)
    const stop = new AbortController()
    const trouble = havoc.run(
      troubles(seed, gap),
      () => 2 + (this.released.length * CHUNK_MS) / gap,
      stop.signal,
    )
    // Waited for below; a failure must not go unheard until then.
    trouble.catch((error: unknown) => this.differences.push(`the trouble itself failed: ${String(error)}`))
    const foreign = new Foreign(this.redis, NAMESPACE)
    await this.load(foreign)
    stop.abort()
    await trouble
    say('quiet; waiting for the end')
    const { released } = this
    const times = released.map(({ at }) => at)
    const oracle = new Oracle(this.plan, times)
    await this.settle(oracle)
    const verdict = await this.verdict(oracle, times)
    if (verdict.duplicates < foreign.copied)
      this.differences.push(`${verdict.duplicates} duplicates recognised, ${foreign.copied} rows were copied`)
    return this.result(oracle, verdict, havoc.tally)
  }

  /** Leaves no process behind, whatever happened. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.workers, ...this.producers].map((member) => member.stop()))
    for (const end of this.ends.reverse()) await Promise.resolve(end()).catch(() => undefined)
  }

  private async start(redisPort: number): Promise<void> {
    for (let i = 0; i < WORKERS; i++)
      this.workers.push(
        await startMember({
          name: `worker ${i}`,
          program: 'engine/main.ts',
          redisPort,
          env: (REDIS_URL) => ({ REDIS_URL, WEIR_NAMESPACE: NAMESPACE }),
          onReady: () => undefined,
          onMessage: () => undefined,
        }),
      )
    for (let number = 0; number < PRODUCERS; number++) {
      this.done[number] = -1
      this.producers.push(
        await startMember({
          name: `producer ${number}`,
          program: 'test/chaos/producer.ts',
          redisPort,
          env: () => ({}),
          onReady: (member, redisUrl) => this.order(member, number, redisUrl),
          onMessage: (message) => this.sent(number, message as Done),
        }),
      )
    }
    await this.until('all processes are up', () =>
      Promise.resolve([...this.workers, ...this.producers].every((member) => member.up)),
    )
  }

  /** Tells a new life of a producer where to begin: at its open segment, or at the one before, all of it sent long ago. */
  private order(member: Member, number: number, redisUrl: string): void {
    const { plan } = this
    const segment = Math.floor((this.done[number]! + 1) / plan.segment)
    const from = Math.max(0, segment - ((this.done[number]! + 1) % 2)) * plan.segment
    const streams = this.streams.current
    const order: ProducerOrder = {
      type: 'start',
      plan,
      number,
      redisUrl,
      namespace: NAMESPACE,
      streams,
      from,
    }
    member.say(order)
    for (const release of this.released.slice(from)) member.say(release)
  }

  private sent(number: number, { chunk }: Done): void {
    this.done[number] = Math.max(this.done[number]!, chunk)
    const { at } = this.released[chunk]!
    if (Date.now() - at > STALL_MS) this.stalls.push(at)
  }

  private async load(foreign: Foreign): Promise<void> {
    const random = seeded(this.options.seed ^ 0xf1a7)
    const { plan } = this
    let stage = 0
    for (let chunk = 0; chunk < plan.chunks; chunk++) {
      const began = Date.now()
      const slowest = chunk === plan.extended ? chunk - 1 : chunk - 2
      await this.until(`chunk ${slowest} is sent`, () => Promise.resolve(Math.min(...this.done) >= slowest))
      if (chunk === plan.extended) {
        // A partition that nobody has read yet would follow the new config from its beginning.
        await this.follows(await this.newest())
        this.options.say('a metric and a rule more, while running')
        await this.follows(await this.configure((stage = 1)))
      }
      if (chunk > plan.extended && chunk % 20 === 10) await this.configure(++stage)
      const release: Release = { type: 'release', chunk, at: Date.now() }
      this.released.push(release)
      for (const producer of this.producers) producer.say(release)
      await foreign.flat(flatRow(plan, chunk, release.at), random)
      if (chunk % 2 === 0) await foreign.again(random)
      await this.follow()
      await sleep(Math.max(0, CHUNK_MS - (Date.now() - began)))
    }
    await this.until('everything is sent', () => Promise.resolve(Math.min(...this.done) === plan.chunks - 1))
  }

  /** Publishes a stage of the config; resolves with its place in the control log. */
  private async configure(stage: number): Promise<string> {
    process.env['CHAOS_STAGE'] = String(stage)
    const config = await loadConfig(`${ROOT}test/chaos/chaos.config.ts`)
    this.streams.current = config.streams
    return this.persist(async () => (await appendConfig(this.redis, NAMESPACE, config, `stage ${stage}`)).id)
  }

  /** Place of the newest config in the control log. */
  private async newest(): Promise<string> {
    return this.persist(async () => (await newestControl(this.redis, NAMESPACE))!.id)
  }

  /** Waits until every partition of the history follows the config, so that it is known which events it counts. */
  private async follows(control: string): Promise<void> {
    for (let p = 0; p < 4; p++)
      await this.until(`partition past.${p} follows config ${control}`, async () => {
        const small = await this.persist(() => this.redis.hget(`${NAMESPACE}:{past.${p}}:meta`, 'small'))
        return small !== null && (JSON.parse(small) as { control: string }).control === control
      })
  }

  /** Reads on in the alerts, from where it last was. */
  private async follow(): Promise<void> {
    for (;;) {
      const cursor = this.alerts.at(-1)?.cursor ?? '0'
      const more = await this.persist(() => this.reader.alertChanges(cursor, 200))
      if (more === null) throw new Error(`the alerts lost their place at ${cursor}`)
      this.alerts.push(...more)
      if (more.length < 200) return
    }
  }

  /** Waits until all is counted and has left for the series, and the last panes of the live stream are closed. */
  private async settle(oracle: Oracle): Promise<void> {
    const until = Date.now() + SETTLE_MS
    const { past, now } = oracle.totals
    const last = this.released.at(-1)!.at
    const closed = this.options.whole ? last - (last % 60_000) + 64_000 : last + 13_000
    const there = async (): Promise<boolean> => {
      const all = await this.reader.accounting()
      const counted = (name: string, wanted: number): boolean =>
        all.some((one) => one.stream === name && one.counted >= wanted && one.lagEntries === 0)
      return counted('past', past.counted) && counted('now', now.counted)
    }
    while (Date.now() < until && !((await there().catch(() => false)) && Date.now() > closed))
      await sleep(500)
  }

  /** Asks again while something differs, for what is on its way: an honest difference stays. */
  private async verdict(oracle: Oracle, released: number[]): Promise<Verdict> {
    for (let attempt = 1; ; attempt++) {
      await this.follow()
      const verdict = await judge({
        oracle,
        reader: this.reader,
        redis: this.redis,
        namespace: NAMESPACE,
        alerts: this.alerts,
        released,
        nowRungs: this.options.whole ? ['10s', '1m'] : ['10s'],
        stalls: this.stalls,
      })
      if (verdict.different === 0 || attempt === 12) return verdict
      await sleep(3000)
    }
  }

  private result(oracle: Oracle, verdict: Verdict, tally: Tally): ChaosResult {
    const output = this.workers.map((worker) => worker.output()).join('')
    const answers: Record<string, number> = {}
    for (const [, answer] of output.matchAll(/answered ([A-Z]+)/g))
      answers[answer!] = (answers[answer!] ?? 0) + 1
    for (const line of output.split('\n'))
      if (/"level":[56]0/.test(line)) this.differences.push(`a worker said: ${line.slice(0, 1500)}`)
    const differences = [...this.differences, ...verdict.differences]
    const { lost, duplicated, duplicates } = verdict
    const { kills, freezes, redisKills } = tally
    const { events } = oracle
    const different = verdict.different + this.differences.length
    const line = `lost ${lost} duplicated ${duplicated} of ${events} events, ${kills} kills, ${freezes} freezes, ${redisKills} redis kills, ${duplicates} duplicate sends${different > 0 ? `, ${different} DIFFERENCES` : ''}`
    return {
      ...verdict,
      different,
      differences,
      seed: this.options.seed,
      events,
      tally,
      stalls: this.stalls.length,
      answers,
      line,
    }
  }

  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) {
      if (Date.now() > this.deadline)
        throw new Error(
          `gave up waiting until ${what}; done ${this.done.join()}, workers said\n${this.lastWords()}`,
        )
      await sleep(20)
    }
  }

  private lastWords(): string {
    return this.workers.map((worker) => worker.output().slice(-2000)).join('\n')
  }

  /** Tries again while Redis is away. */
  private async persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (Date.now() > this.deadline) throw error
        await sleep(100)
      }
    }
  }
}
