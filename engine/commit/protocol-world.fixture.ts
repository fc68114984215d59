/**
 * Two workers, one partition and everything that goes wrong between them, over the pure model of the protocol: late
 * and lost messages, crashes, pauses, lost leases, duplicate sends, failovers to any prefix, reads from a deposed
 * master. After every step the partition must be what its log says (I1–I6, I8).
 */
import * as model from './protocol.fixture.ts'

/** A way to build the protocol wrong. The exploration must find what comes of it. */
export type Mutant = 'none' | 'bare commit ids' | 'no commit ids' | 'newest tail' | 'no tails'

interface Worker {
  token: string
  cid: string
  off: number
  n: number
  counted: number[]
  /** Since the last commit was built. */
  tails: number[]
  outputs: string[]
  /** The commit that is under way: sent, not answered. */
  flying: model.Commitment | null
}

interface Message {
  from: number
  commit: model.Commitment
}

export class World {
  readonly trouble: string[] = []
  commits = 0
  private readonly mutant: Mutant
  private store = model.EMPTY
  /** What a replica may have been left with, oldest first; and the master before the last failover. */
  private past: model.Store[] = []
  private deposed = model.EMPTY
  private readonly workers: (Worker | null)[] = [null, null]
  /** Token each process had last, which it may replace at once. */
  private readonly own = ['', '']
  private messages: Message[] = []
  /** Event of each entry: a duplicate is another entry of the same event. */
  private readonly event = new Map<number, number>()
  private entries = 0
  private events = 0
  private nonces = 0

  constructor(mutant: Mutant = 'none') {
    this.mutant = mutant
  }

  step(kind: string, w: 0 | 1, k: number): void {
    const worker = this.workers[w]
    switch (kind) {
      case 'send':
        this.send(++this.events)
        break
      case 'send again':
        if (this.events > 0) this.send(1 + (k % this.events))
        break
      case 'acquire':
        this.acquire(w, k % 5 === 0)
        break
      case 'read':
        if (worker) this.read(worker, this.store, 1 + (k % 3))
        break
      case 'read the deposed':
        if (worker) this.read(worker, this.deposed, 1 + (k % 3))
        break
      case 'commit':
        if (worker && worker.flying === null && worker.tails.length > 0) this.build(w, worker)
        break
      case 'work':
        for (const part of ['read', 'commit', 'deliver the newest']) this.step(part, w, k)
        break
      case 'deliver the newest':
        if (this.messages.length > 0) this.deliver(this.messages.length - 1, k % 7 === 0)
        break
      case 'resend':
        if (worker?.flying) this.messages.push({ from: w, commit: worker.flying })
        break
      case 'rebuild':
        if (!worker?.flying) break
        this.read(worker, this.store, k % 3)
        this.rebuild(w, worker)
        break
      case 'deliver':
        if (this.messages.length > 0) this.deliver(k % this.messages.length, k % 4 === 0)
        break
      case 'crash':
        this.workers[w] = null
        this.own[w] = ''
        break
      case 'expire':
        if (this.store.meta) this.move({ ...this.store, meta: { ...this.store.meta, lease: 'over' } })
        break
      case 'fail over':
        this.failOver(k)
        break
    }
    this.check()
  }

  /** Lets a fresh worker finish: everything in the log must then be counted. */
  settle(): void {
    this.messages = []
    this.step('crash', 0, 0)
    this.step('expire', 0, 0)
    this.step('acquire', 0, 1)
    for (let i = 0; i <= this.entries; i++) this.step('read', 0, 2)
    this.step('commit', 0, 0)
    this.step('deliver', 0, 1)
    const { log, meta } = this.store
    if ((meta?.off ?? 0) !== (log?.last ?? 0)) this.trouble.push('a live worker does not get to the end (I7)')
  }

  private move(store: model.Store): void {
    this.past.push(this.store)
    this.store = store
  }

  private send(event: number): void {
    this.event.set(++this.entries, event)
    this.move(model.add(this.store, this.entries))
  }

  private acquire(w: 0 | 1, replyLost: boolean): void {
    const [reply, store] = model.acquire(this.store, `w${w}`, `n${this.nonces++}`, this.own[w]!)
    this.move(store)
    if (reply.verdict !== 'OK' || replyLost) return
    const { token, cid, off, n, small } = reply
    const counted = small === null ? [] : (JSON.parse(small) as number[])
    this.own[w] = token
    this.workers[w] = { token, cid, off, n, counted, tails: [], outputs: [], flying: null }
  }

  private read(worker: Worker, store: model.Store, count: number): void {
    const ids = (store.log?.ids ?? []).filter((id) => id > worker.off).slice(0, count)
    for (const id of ids) {
      worker.off = id
      worker.n++
      const event = this.event.get(id)!
      if (worker.counted.includes(event)) continue
      worker.counted.push(event)
      worker.outputs.push(String(event))
    }
    if (ids.length > 0) worker.tails.push(worker.off)
  }

  private build(w: number, worker: Worker): void {
    const { token, cid, off, n, outputs } = worker
    const number = Number.parseInt(cid) + 1
    const after = this.mutant === 'bare commit ids' ? String(number) : `${number}:n${this.nonces++}`
    const tails = this.tailsOf(worker.tails)
    const small = JSON.stringify(worker.counted)
    worker.flying = { token, before: cid, after, off, n, tails, small, outputs }
    worker.tails = []
    worker.outputs = []
    this.messages.push({ from: w, commit: worker.flying })
  }

  private tailsOf(tails: number[]): number[] {
    if (this.mutant === 'no tails') return []
    return this.mutant === 'newest tail' ? tails.slice(-1) : tails
  }

  /** Instead of the same again, a new commit of all that was read meanwhile; the first may still be executed. */
  private rebuild(w: number, worker: Worker): void {
    worker.tails = [...worker.flying!.tails, ...worker.tails]
    worker.outputs = [...worker.flying!.outputs, ...worker.outputs]
    this.build(w, worker)
  }

  private deliver(at: number, replyLost: boolean): void {
    const [{ from, commit }] = this.messages.splice(at, 1) as [Message]
    // A store without commit ids takes whatever its owner says.
    const said = this.mutant === 'no commit ids' ? { ...commit, before: this.store.meta?.cid ?? '' } : commit
    const before = this.store
    const [verdict, store] = model.commit(before, said)
    this.move(store)
    if (verdict === 'OK') {
      this.commits++
      if ((store.meta!.off ?? 0) < (before.meta!.off ?? 0)) this.trouble.push('the position went back (I2)')
    }
    const worker = this.workers[from]
    if (!worker || worker.flying !== commit || replyLost) return
    if (verdict === 'OK' || verdict === 'DUP') {
      worker.cid = commit.after
      worker.flying = null
    } else this.workers[from] = null
  }

  private failOver(k: number): void {
    if (this.past.length === 0) return
    this.deposed = this.store
    const keep = Math.max(0, this.past.length - 1 - (k % 8))
    this.store = this.past[keep]!
    this.past = this.past.slice(0, keep)
  }

  /** What is committed is the log up to the position, folded here anew. */
  private check(): void {
    const { log, meta, outputs } = this.store
    const off = meta?.off ?? 0
    const upTo = (log?.ids ?? []).filter((id) => id <= off)
    const counted = [...new Set(upTo.map((id) => this.event.get(id)!))]
    if ((meta?.small ?? '[]') !== JSON.stringify(counted)) this.trouble.push('state is not its log (I2, I4)')
    if (outputs.join() !== counted.join()) this.trouble.push('an event not put out exactly once (I3, I6)')
    if ((meta?.n ?? 0) !== upTo.length) this.trouble.push('n is not the number of entries read (I8)')
    if ((log?.group?.read ?? 0) > (log?.added ?? 0)) this.trouble.push('more read than added (I8)')
  }
}
