/**
 * Who may have a worker next. Sites take turns, and where jobs of several sites come no site ever has all workers: those
 * of one that does not answer would hold up everybody else's.
 */

interface Waiting {
  site: string
  start: () => void
  refuse: (error: Error) => void
}

export class Seats {
  /** Jobs that have a worker. */
  busy = 0
  private isShared = true
  private readonly workers: number
  private readonly queue: Waiting[] = []
  /** Workers that each site has. */
  private readonly taken = new Map<string, number>()
  /** When each site had a worker last; only of sites that have or want one. */
  private readonly served = new Map<string, number>()
  private turns = 0

  constructor(workers: number) {
    this.workers = workers
  }

  get waiting(): number {
    return this.queue.length
  }

  /** Jobs that wait for others of their own site, and for nothing else. Where there is one site none does. */
  get parked(): number {
    return this.isShared ? this.queue.filter(({ site }) => site !== '' && this.isFull(site)).length : 0
  }

  /** Whether jobs of several sites come. Of a single one all workers may work. */
  share(shared: boolean): void {
    this.isShared = shared
    while (this.startNext());
  }

  /** Resolves once a worker is free for a job of `site` ('' of none); rejects with `late()` after `patience` ms. */
  take(site: string, patience: number, late: () => Error): Promise<void> {
    if (this.busy < this.workers && !this.isFull(site)) {
      this.seat(site)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(entry), 1)
        this.forget(site)
        reject(late())
      }, patience)
      const entry: Waiting = {
        site,
        start: () => {
          clearTimeout(timer)
          resolve()
        },
        refuse: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      // Who has none and wants one stands behind those that do already, and before those that had one since.
      if (!this.served.has(site)) this.served.set(site, this.turns - 0.5)
      this.queue.push(entry)
    })
  }

  /** A job of `site` has ended: the next one begins. */
  giveBack(site: string): void {
    this.busy -= 1
    const left = (this.taken.get(site) ?? 1) - 1
    if (left > 0) this.taken.set(site, left)
    else this.taken.delete(site)
    this.startNext()
    this.forget(site)
  }

  refuseAll(error: () => Error): void {
    for (const { refuse } of this.queue.splice(0)) refuse(error())
  }

  /** Whether one could begin. */
  private startNext(): boolean {
    if (this.busy >= this.workers) return false
    let next = -1
    for (const [i, entry] of this.queue.entries()) {
      if (this.isFull(entry.site)) continue
      if (next < 0 || this.servedAt(entry.site) < this.servedAt(this.queue[next]!.site)) next = i
    }
    if (next < 0) return false
    const [entry] = this.queue.splice(next, 1)
    this.seat(entry!.site)
    entry!.start()
    return true
  }

  private isFull(site: string): boolean {
    const most = this.isShared && site !== '' ? Math.max(1, this.workers - 1) : this.workers
    return (this.taken.get(site) ?? 0) >= most
  }

  private servedAt(site: string): number {
    return this.served.get(site) ?? 0
  }

  private seat(site: string): void {
    this.busy += 1
    this.taken.set(site, (this.taken.get(site) ?? 0) + 1)
    this.served.set(site, (this.turns += 1))
  }

  private forget(site: string): void {
    if (!this.taken.has(site) && !this.queue.some((entry) => entry.site === site)) this.served.delete(site)
  }
}
