/** The fold's first promise: commits, snapshots and crashes, wherever they fall, change not one bit of its outputs. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Outputs, Small } from './commit/folding.ts'
import type { Entry } from './event/entry.ts'
import { PartitionFold } from './fold.ts'
import { someLogs, someWorlds, type World } from './fold-world.fixture.ts'

const fresh = ({ odd, even }: World): PartitionFold =>
  new PartitionFold('s', 0, '1-0', (id) => (Number.parseInt(id) % 2 === 1 ? odd : even))

/** All that was committed, in the order in which it was. */
class Committed {
  readonly closed: Outputs['closed'] = []
  readonly told: Outputs['told'] = []
  readonly forwards: Outputs['forwards'] = []
  readonly dead: Outputs['dead'] = []
  readonly late: Outputs['late'] = []
  readonly partials: Outputs['partials'] = []
  readonly live: Outputs['live'] = []
  readonly accounted: Outputs['accounted'] = []
  readonly accounts = new Map<string, string>()
  /** What a reader finds. */
  readonly view = new Map<string, string>()

  take(out: Outputs): void {
    this.closed.push(...out.closed)
    this.told.push(...out.told)
    this.forwards.push(...out.forwards)
    this.dead.push(...out.dead)
    this.late.push(...out.late)
    this.partials.push(...out.partials)
    this.live.push(...out.live)
    this.accounted.push(...out.accounted)
    for (const field of out.accountsGone) this.accounts.delete(field)
    for (const [field, json] of out.accounts) this.accounts.set(field, json)
    for (const field of out.viewGone) this.view.delete(field)
    for (const [field, json] of out.view) this.view.set(field, json)
  }
}

/** What a worker does after an entry; each includes what stands before it. */
const NOTHING = 0
const COMMIT = 1
const SNAPSHOT = 2
const CRASH = 3

/** A worker that commits, takes snapshots and dies as `acts` say, one per entry. */
class Worker {
  readonly committed = new Committed()
  readonly world: World
  readonly entries: Entry[]
  fold: PartitionFold
  private readonly blocks = new Map<string, Buffer>()
  private snapshotAt = 0
  private committedAt = 0
  private small: Small

  constructor(world: World, entries: Entry[]) {
    this.world = world
    this.entries = entries
    this.fold = fresh(world)
    this.small = this.fold.small()
  }

  step(i: number, act: number): void {
    this.fold.step(this.entries[i]!)
    if (act === COMMIT || act === SNAPSHOT) this.commit(i + 1)
    if (act === SNAPSHOT) this.snapshot(i + 1)
    if (act === CRASH) this.recover(i + 1)
  }

  commit(to: number): void {
    this.committed.take(this.fold.take())
    this.committedAt = to
    this.small = this.fold.small()
  }

  private snapshot(at: number): void {
    const { changed, names } = this.fold.snapshot()
    for (const [name, bytes] of changed) this.blocks.set(name, bytes)
    for (const name of this.blocks.keys()) if (!names.includes(name)) this.blocks.delete(name)
    this.snapshotAt = at
  }

  /** What was not committed is lost; the rest comes back from the snapshot and the log. */
  private recover(to: number): void {
    this.fold = fresh(this.world)
    if (this.snapshotAt > 0) this.fold.restore(new Map(this.blocks))
    this.fold.shows = false
    for (const entry of this.entries.slice(this.snapshotAt, this.committedAt)) this.fold.step(entry)
    this.fold.shows = true
    this.fold.take()
    expect(this.fold.small()).toEqual(this.small)
    for (const entry of this.entries.slice(this.committedAt, to)) this.fold.step(entry)
  }
}

const acts = fc.array(fc.constantFrom(NOTHING, NOTHING, COMMIT, SNAPSHOT, CRASH), {
  minLength: 3,
  maxLength: 40,
})

it('neither commits nor snapshots nor crashes, wherever they fall, change a single output', () => {
  fc.assert(
    fc.property(someWorlds, someLogs, acts, (world, entries, plan) => {
      const whole = new Worker(world, entries)
      const torn = new Worker(world, entries)
      for (const i of entries.keys()) {
        whole.step(i, NOTHING)
        torn.step(i, plan[i % plan.length]!)
        expect(torn.fold.small(), `after entry ${i}`).toEqual(whole.fold.small())
        expect(torn.fold.dueAt(), `after entry ${i}`).toBe(whole.fold.dueAt())
      }
      for (const worker of [whole, torn]) worker.commit(entries.length)
      expect(torn.committed).toEqual(whole.committed)
    }),
    { numRuns: 30 },
  )
}, 120_000)
