/** What goes wrong, and when: a schedule drawn from the seed alone, and the hands that carry it out. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestRedis } from '../harness/redis.ts'
import type { Member } from './fleet.ts'
import { type Random, seeded } from './random.ts'

const KINDS = {
  killWorker: 24,
  freezeWorker: 18,
  killProducer: 10,
  killRedis: 4,
  cut: 12,
  silence: 12,
  loseReply: 16,
  strand: 4,
}
export type TroubleKind = keyof typeof KINDS

export interface Trouble {
  /** ms after the one before. */
  after: number
  kind: TroubleKind
  /** 0 … 1: who; and how long. */
  who: number
  much: number
}

export interface Tally {
  kills: number
  freezes: number
  redisKills: number
  cuts: number
  silences: number
  lostReplies: number
  stranded: number
}

/** The `n`-th trouble of a schedule, for ever. `gap`: mean time between two, ms. */
export function* troubles(seed: number, gap: number): Generator<Trouble> {
  const random = seeded(seed ^ 0x5eed)
  for (;;)
    yield {
      after: gap * random.between(0.3, 1.7),
      kind: kindOf(random),
      who: random.next(),
      much: random.next(),
    }
}

function kindOf(random: Random): TroubleKind {
  const whole = Object.values(KINDS).reduce((sum, weight) => sum + weight, 0)
  let rest = random.below(whole)
  for (const [kind, weight] of Object.entries(KINDS)) {
    rest -= weight
    if (rest < 0) return kind as TroubleKind
  }
  return 'cut'
}

export class Havoc {
  readonly tally: Tally = {
    kills: 0,
    freezes: 0,
    redisKills: 0,
    cuts: 0,
    silences: 0,
    lostReplies: 0,
    stranded: 0,
  }
  private readonly redis: TestRedis
  private readonly workers: Member[]
  private readonly producers: Member[]
  private readonly say: (line: string) => void
  private readonly under = new Set<Promise<void>>()
  private redisDown = false

  constructor(redis: TestRedis, workers: Member[], producers: Member[], say: (line: string) => void) {
    this.redis = redis
    this.workers = workers
    this.producers = producers
    this.say = say
  }

  /**
   * Carries out the schedule until `stop` is aborted, and then ends what is still going on. Never more than `most()`
   * troubles so far: on a slow machine trouble waits for progress, or there would be none.
   */
  async run(schedule: Iterable<Trouble>, most: () => number, stop: AbortSignal): Promise<void> {
    let caused = 0
    for (const trouble of schedule) {
      await sleep(trouble.after, undefined, { signal: stop }).catch(() => undefined)
      while (!stop.aborted && caused >= most()) await sleep(50)
      caused++
      if (stop.aborted) break
      const work: Promise<void> = this.cause(trouble).finally(() => this.under.delete(work))
      this.under.add(work)
    }
    await Promise.all(this.under)
  }

  private async cause({ kind, who, much }: Trouble): Promise<void> {
    switch (kind) {
      case 'killWorker':
      case 'killProducer': {
        const victim = chosen(kind === 'killWorker' ? this.workers : this.producers, who)
        if (!victim) return
        this.tally.kills++
        this.say(`kill -9 ${victim.name}`)
        return victim.kill(much * 1500)
      }
      case 'freezeWorker': {
        const victim = chosen(this.workers, who)
        if (!victim) return
        const ms = Math.round(500 + much * 7500)
        this.tally.freezes++
        this.say(`SIGSTOP ${victim.name} for ${ms} ms`)
        victim.freeze(ms)
        await sleep(ms + 50)
        return
      }
      case 'killRedis':
        if (this.redisDown) return
        this.redisDown = true
        this.tally.redisKills++
        this.say('kill -9 redis')
        await this.redis.kill()
        await sleep(much * 2000)
        await this.restarted()
        this.redisDown = false
        return
      case 'cut':
        this.tally.cuts++
        return this.anybody(who).proxy.cut()
      case 'loseReply':
        this.tally.lostReplies++
        return this.anybody(who).proxy.loseReply()
      case 'strand': {
        const victim = this.anybody(who)
        this.tally.stranded++
        this.say(`half-open connections of ${victim.name}`)
        return victim.proxy.strand()
      }
      case 'silence': {
        const { proxy } = this.anybody(who)
        this.tally.silences++
        proxy.close()
        await sleep(300 + much * 6000)
        return proxy.open()
      }
    }
  }

  /** On a busy machine, reading a long file again may take more than one attempt. */
  private async restarted(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.redis.restart()
      } catch (error) {
        if (attempt === 5) throw error
        this.say(`redis did not start: ${String(error)}`)
      }
    }
  }

  private anybody(who: number): Member {
    const all = [...this.workers, ...this.producers]
    return all[Math.floor(who * all.length)]!
  }
}

function chosen(members: Member[], who: number): Member | undefined {
  const up = members.filter((member) => member.up)
  return up[Math.floor(who * up.length)]
}
