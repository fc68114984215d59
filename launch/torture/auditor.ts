/** Follows the logs of the tortured stream and compares them with what the engine and the producers say. */
import type { connect } from '../../engine/index.ts'
import { readLedger } from './ledger.ts'
import { Oracle, verdict, type Found } from './oracle.ts'
import { PRODUCERS } from './row.ts'

type Redis = ReturnType<typeof connect>

/** One partition as it is followed. The names are those of docs/architecture.md. */
interface Followed {
  name: string
  log: string
  meta: string
  /** Read up to this entry, and how many entries that were. */
  at: string
  entries: number
  distinct: number
  counted: number
}

/** What the producers had acknowledged at one moment, and where the logs ended then. */
interface Pledge {
  acked: number[]
  ends: string[]
}

const PARTITIONS = 4
/** Entries per read; each holds up to 500 rows. */
const PAGE = 100

export class Auditor {
  private readonly redis: Redis
  private readonly folder: string
  private readonly partitions: Followed[]
  private readonly oracle = new Oracle()
  private pledge: Pledge | null = null
  private absent: { name: string; rows: number }[] = []
  /** Why nothing can be compared any more. */
  private blind: string | null = null

  /** `folder` holds the producers' ledgers. */
  constructor(redis: Redis, namespace: string, folder: string) {
    this.redis = redis
    this.folder = folder
    this.partitions = Array.from({ length: PARTITIONS }, (_, n) => {
      const name = `torture.${n}`
      const tag = `${namespace}:{${name}}`
      return { name, log: `${tag}:log`, meta: `${tag}:meta`, at: '0-0', entries: 0, distinct: 0, counted: 0 }
    })
  }

  /**
   * Reads what was committed since the last look, and compares. `settled`: everything that was acknowledged when a look
   * with `settling` began is compared. Rejects where Redis is away; then the next look goes on.
   */
  async look(settling: boolean): Promise<Found & { settled: boolean }> {
    const open = this.pledge ?? { acked: this.acked(), ends: [] }
    const fresh = this.pledge === null
    const ends = await Promise.all(this.partitions.map((partition) => this.end(partition)))
    if (this.blind !== null)
      return { ...verdict(this.partitions, this.absent), problem: this.blind, settled: false }
    if (fresh) this.pledge = { ...open, ends }
    for (const partition of this.partitions) await this.follow(partition)
    const pledge = this.pledge!
    const kept = this.partitions.every(({ at }, n) => !isBefore(at, pledge.ends[n]!))
    if (kept) {
      this.absent = pledge.acked.map((acked, n) => ({
        name: `producer ${n + 1}`,
        rows: acked - this.oracle.below(n + 1, acked),
      }))
      this.pledge = null
    }
    const now = this.acked()
    const settled = settling && kept && now.every((acked, n) => acked === pledge.acked[n])
    return { ...verdict(this.partitions, this.absent), settled }
  }

  private acked(): number[] {
    return Array.from({ length: PRODUCERS }, (_, n) => readLedger(this.folder, n + 1)?.acked ?? 0)
  }

  /** Where the log ends. Entries that were trimmed before they were read end the comparison. */
  private async end({ name, log, entries }: Followed): Promise<string> {
    if ((await this.redis.exists(log)) === 0) return '0-0'
    const reply = (await this.redis.xinfo('STREAM', log)) as unknown[]
    const info = (field: string): unknown => reply[reply.indexOf(field) + 1]
    const trimmed = Number(info('entries-added')) - Number(info('length'))
    if (trimmed > entries) this.blind = `the log of ${name} was trimmed before the audit had read it`
    return String(info('last-generated-id'))
  }

  /** Reads up to the committed position, of which `counted` is known. */
  private async follow(partition: Followed): Promise<void> {
    const [off, small] = await this.redis.hmget(partition.meta, 'off', 'small')
    if (!off || !small) return
    while (isBefore(partition.at, off)) {
      const page = await this.redis.xrange(partition.log, `(${partition.at}`, off, 'COUNT', PAGE)
      for (const [, fields] of page) this.take(partition, fields)
      partition.entries += page.length
      partition.at = page.length < PAGE ? off : page.at(-1)![0]
    }
    partition.counted = (JSON.parse(small) as { counted: number }).counted
  }

  private take(partition: Followed, fields: string[]): void {
    const at = fields.indexOf('cols')
    if (fields[1] !== 'batch/1' || at < 0) return
    const columns = JSON.parse(fields[at + 1]!) as { producer: number[]; serial: number[] }
    const before = this.oracle.distinct
    for (const [i, serial] of columns.serial.entries()) this.oracle.take(columns.producer[i]!, serial)
    partition.distinct += this.oracle.distinct - before
  }
}

/** Whether one id of a stream comes before another. */
function isBefore(a: string, b: string): boolean {
  const [ams = 0, aseq = 0] = a.split('-').map(Number)
  const [bms = 0, bseq = 0] = b.split('-').map(Number)
  return ams < bms || (ams === bms && aseq < bseq)
}
